//! Papers leave the app: to a thermal printer over Bluetooth or USB where the browser can, to another app by the
//! share sheet, or to the downloads.

use crate::browser::{call_method, has};
use js_sys::{Array, JSON, Object, Promise, Reflect, Uint8Array};
use leptos::prelude::{document, window};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What receipt printers offer over Bluetooth Low Energy: the services that take bytes.
const SERVICES: [&str; 4] = [
    "000018f0-0000-1000-8000-00805f9b34fb",
    "0000ff00-0000-1000-8000-00805f9b34fb",
    "49535343-fe7d-4ae5-8fa9-9fafd205e455",
    "e7810a71-73ae-499d-8c15-faa9aef0c3f2",
];
/// Bytes that a cheap printer takes at once over Bluetooth.
const BLUETOOTH_BYTES: usize = 180;
/// The same over USB.
const USB_BYTES: usize = 4_096;
/// A printer, as USB numbers it.
const USB_PRINTER: f64 = 7.0;

thread_local! {
    /// The printers that were chosen: nobody is asked again for each bill.
    static BLUETOOTH: RefCell<Option<JsValue>> = const { RefCell::new(None) };
    static USB: RefCell<Option<JsValue>> = const { RefCell::new(None) };
}

/// A way to a printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over the air.
    Bluetooth,
    /// Over a cable.
    Usb,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Way::Bluetooth => "bluetooth",
            Way::Usb => "usb",
        }
    }

    /// Says whether this browser offers it.
    pub fn is_there(self) -> bool {
        has(&window().navigator(), self.name())
    }
}

fn get(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(object, &name.into())
}

async fn wait(promise: JsValue) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::resolve(&promise)).await
}

async fn ask(object: &JsValue, name: &str, args: &[JsValue]) -> Result<JsValue, JsValue> {
    wait(call_method(object, name, args)?).await
}

/// Sends bytes to a printer, asking the person which one the first time.
///
/// # Errors
/// What the browser says; the printer is forgotten, so that the next time asks again.
pub async fn print(way: Way, bytes: &[u8]) -> Result<(), JsValue> {
    let result = match way {
        Way::Bluetooth => by_bluetooth(bytes).await,
        Way::Usb => by_usb(bytes).await,
    };
    if result.is_err() {
        BLUETOOTH.with(|kept| kept.borrow_mut().take());
        USB.with(|kept| kept.borrow_mut().take());
    }
    result
}

async fn by_bluetooth(bytes: &[u8]) -> Result<(), JsValue> {
    let known = BLUETOOTH.with(|kept| kept.borrow().clone());
    let device = match known {
        Some(device) => device,
        None => {
            let services = SERVICES.map(|service| format!("{service:?}")).join(",");
            let wish =
                JSON::parse(&format!(r#"{{"acceptAllDevices":true,"optionalServices":[{services}]}}"#))?;
            let bluetooth = get(&window().navigator(), Way::Bluetooth.name())?;
            ask(&bluetooth, "requestDevice", &[wish]).await?
        }
    };
    let server = ask(&get(&device, "gatt")?, "connect", &[]).await?;
    let mut last = JsValue::from_str("no service that takes bytes");
    for service in SERVICES {
        let found = match ask(&server, "getPrimaryService", &[service.into()]).await {
            Ok(found) => found,
            Err(error) => {
                last = error;
                continue;
            }
        };
        let all: Array = ask(&found, "getCharacteristics", &[]).await?.dyn_into()?;
        for characteristic in all.iter() {
            let properties = get(&characteristic, "properties")?;
            let without = get(&properties, "writeWithoutResponse")?.is_truthy();
            if !without && !get(&properties, "write")?.is_truthy() {
                continue;
            }
            let write = if without { "writeValueWithoutResponse" } else { "writeValueWithResponse" };
            for part in bytes.chunks(BLUETOOTH_BYTES) {
                ask(&characteristic, write, &[Uint8Array::from(part).into()]).await?;
            }
            BLUETOOTH.with(|kept| *kept.borrow_mut() = Some(device.clone()));
            return Ok(());
        }
    }
    Err(last)
}

async fn by_usb(bytes: &[u8]) -> Result<(), JsValue> {
    let known = USB.with(|kept| kept.borrow().clone());
    let device = match known {
        Some(device) => device,
        None => {
            let wish = JSON::parse(r#"{"filters":[{"classCode":7}]}"#)?;
            ask(&get(&window().navigator(), Way::Usb.name())?, "requestDevice", &[wish]).await?
        }
    };
    if !get(&device, "opened")?.is_truthy() {
        ask(&device, "open", &[]).await?;
    }
    if !get(&device, "configuration")?.is_truthy() {
        ask(&device, "selectConfiguration", &[1.into()]).await?;
    }
    let interfaces: Array = get(&get(&device, "configuration")?, "interfaces")?.dyn_into()?;
    for interface in interfaces.iter() {
        let alternate = get(&interface, "alternate")?;
        if get(&alternate, "interfaceClass")?.as_f64() != Some(USB_PRINTER) {
            continue;
        }
        let endpoints: Array = get(&alternate, "endpoints")?.dyn_into()?;
        for endpoint in endpoints.iter() {
            if get(&endpoint, "direction")?.as_string().as_deref() != Some("out") {
                continue;
            }
            ask(&device, "claimInterface", &[get(&interface, "interfaceNumber")?]).await?;
            let number = get(&endpoint, "endpointNumber")?;
            for part in bytes.chunks(USB_BYTES) {
                ask(&device, "transferOut", &[number.clone(), Uint8Array::from(part).into()]).await?;
            }
            USB.with(|kept| *kept.borrow_mut() = Some(device.clone()));
            return Ok(());
        }
    }
    Err(JsValue::from_str("no printer among its interfaces"))
}

/// Bytes of a base64 text.
pub fn bytes_of(base64: &str) -> Option<Vec<u8>> {
    let binary = window().atob(base64).ok()?;
    binary.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// How a file left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// By the share sheet.
    Shared,
    /// To the downloads.
    Downloaded,
    /// The person closed the share sheet.
    Nowhere,
}

/// Hands a file to the share sheet; to the downloads, where there is none.
pub async fn share(name: &str, mime: &str, base64: &str) -> Left {
    let file = bytes_of(base64).and_then(|bytes| file(name, mime, &bytes).ok());
    if let Some(file) = file {
        let navigator = window().navigator();
        let data: JsValue = Object::new().into();
        let _ = Reflect::set(&data, &"files".into(), &Array::of1(&file));
        let can = has(&navigator, "canShare")
            && call_method(&navigator, "canShare", std::slice::from_ref(&data))
                .is_ok_and(|can| can.is_truthy());
        if can {
            match ask(&navigator, "share", &[data]).await {
                Ok(_) => return Left::Shared,
                Err(error) if is_named(&error, "AbortError") => return Left::Nowhere,
                // The sheet did not open, for instance because the tap was too long ago.
                Err(_) => {}
            }
        }
    }
    download(name, mime, base64);
    Left::Downloaded
}

fn is_named(error: &JsValue, name: &str) -> bool {
    get(error, "name").ok().and_then(|found| found.as_string()).as_deref() == Some(name)
}

fn file(name: &str, mime: &str, bytes: &[u8]) -> Result<JsValue, JsValue> {
    let make: js_sys::Function = get(&window(), "File")?.dyn_into()?;
    let parts = Array::of1(&Uint8Array::from(bytes));
    let options = Object::new();
    Reflect::set(&options, &"type".into(), &mime.into())?;
    Reflect::construct(&make, &Array::of3(&parts, &name.into(), &options))
}

const LONGEST_ADDRESS: usize = 1_000_000;

/// Puts a file into the downloads.
pub fn download(name: &str, mime: &str, base64: &str) {
    let Ok(link) = document().create_element("a") else { return };
    // Browsers take no address of more than two megabytes: what is larger is handed over as an object.
    let object = match base64.len() > LONGEST_ADDRESS {
        true => bytes_of(base64)
            .and_then(|bytes| file(name, mime, &bytes).ok()?.dyn_into::<web_sys::Blob>().ok())
            .and_then(|blob| web_sys::Url::create_object_url_with_blob(&blob).ok()),
        false => None,
    };
    let address = object.clone().unwrap_or_else(|| format!("data:{mime};base64,{base64}"));
    let _ = link.set_attribute("href", &address);
    let _ = link.set_attribute("download", name);
    if let Ok(link) = link.dyn_into::<web_sys::HtmlElement>() {
        link.click();
    }
    if let Some(object) = object {
        let _ = web_sys::Url::revoke_object_url(&object);
    }
}

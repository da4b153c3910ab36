//! What becomes of photos: only pictures come in, only pictures go out, and only to those whom they concern.

use crate::devices::{bearer, reading};
use crate::world::{Answer, World};
use domain::access::Role;
use domain::api::{NewEnrolment, SaveVisit};
use domain::ids::Shelf;
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};
use serde_json::json;
use store::{Step, Store, SyncSession};

/// A picture whose left half is red and whose right half is blue, wider than high.
pub fn picture() -> RgbImage {
    RgbImage::from_fn(320, 200, |x, _| if x < 160 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) })
}

pub fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut out = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 90);
    encoder.write_image(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8).unwrap();
    out
}

/// A JPEG with a block of metadata as phones write it: orientation, the camera's owner, and where it was.
pub fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut tiff: Vec<u8> = b"MM\0\x2a\0\0\0\x08".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        let mut bytes = tag.to_be_bytes().to_vec();
        bytes.extend(kind.to_be_bytes());
        bytes.extend(count.to_be_bytes());
        bytes.extend(value);
        bytes
    };
    tiff.extend(3u16.to_be_bytes());
    tiff.extend(entry(0x0112, 3, 1, [0, orientation, 0, 0]));
    tiff.extend(entry(0x013b, 2, 12, 50u32.to_be_bytes())); // Artist
    tiff.extend(entry(0x8825, 4, 1, 62u32.to_be_bytes())); // GPS
    tiff.extend([0; 4]);
    tiff.extend(b"SECRET-OWNER"); // at 50
    tiff.extend(1u16.to_be_bytes()); // at 62
    tiff.extend(entry(0x0002, 5, 3, 80u32.to_be_bytes()));
    tiff.extend([0; 4]);
    tiff.extend(b"GPS-CANARY-13.5-100.6");
    let mut block = b"Exif\0\0".to_vec();
    block.extend(tiff);
    let mut out = jpeg[..2].to_vec();
    out.extend([0xff, 0xe1]);
    out.extend(u16::try_from(block.len() + 2).unwrap().to_be_bytes());
    out.extend(block);
    out.extend(&jpeg[2..]);
    out
}

pub fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

struct Sender<'a> {
    world: &'a World,
    token: String,
}

impl Sender<'_> {
    fn of<'a>(world: &'a World, device: &mut Store) -> Sender<'a> {
        Sender { world, token: bearer(world, device) }
    }

    fn post(&self, bytes: &[u8], piece: &[u8], offset: usize, last: u8) -> Answer {
        let hash = blake3::hash(bytes).to_hex();
        let path = format!("/v1/blob/{hash}?offset={offset}&last={last}");
        self.world.post(&path, &[("authorization", &self.token)], piece)
    }

    fn get(&self, bytes: &[u8], query: &str) -> Answer {
        let hash = blake3::hash(bytes).to_hex();
        self.world.get(&format!("/v1/blob/{hash}{query}"), &[("authorization", &self.token)])
    }
}

#[test]
fn a_photo_arrives_whole_and_is_drawn_anew_without_what_else_was_in_the_file() {
    let world = World::start();
    let mut device = world.device(0);
    let mut sent = with_exif(&jpeg(&picture()), 6);
    sent.extend(b"PK\x03\x04 and a whole archive behind the picture");
    assert!(holds(&sent, b"GPS-CANARY") && holds(&sent, b"SECRET-OWNER"));
    let hash = device.keep_photo(&sent, "image/jpeg", world.now().ms).unwrap();
    let sender = Sender::of(&world, &mut device);
    assert_eq!(sender.get(&sent, "").status, 404);
    let done = world.sync(&mut device).unwrap();
    assert_eq!((done.photos, done.status.counts.photos_waiting), (1, 0));
    let got = sender.get(&sent, "");
    assert_eq!((got.status, got.header("content-type")), (200, "image/jpeg"));
    assert_eq!(got.header("x-content-type-options"), "nosniff");
    for canary in [&b"Exif"[..], b"GPS", b"SECRET", b"PK\x03\x04", b"archive"] {
        assert!(!holds(&got.body, canary), "{}", String::from_utf8_lossy(canary));
    }
    assert_ne!(blake3::hash(&got.body).to_hex().to_string(), hash, "the name stays that of what was sent");
    // Turned a quarter to the right, as the metadata asked for: red is on top now.
    let seen = image::load_from_memory(&got.body).unwrap().into_rgb8();
    assert_eq!(seen.dimensions(), (200, 320));
    let (top, bottom) = (seen.get_pixel(100, 40).0, seen.get_pixel(100, 280).0);
    assert!(top[0] > 150 && top[2] < 100 && bottom[2] > 150 && bottom[0] < 100, "{top:?} {bottom:?}");
    assert_eq!(world.get(&format!("/v1/blob/{hash}"), &[]).code(), "token_unknown");
}

#[test]
fn a_small_picture_is_there_for_whoever_only_looks() {
    let world = World::start();
    let mut device = world.device(0);
    let large = RgbImage::from_fn(2_500, 1_000, |x, y| Rgb([(x / 10) as u8, (y / 4) as u8, 90]));
    let sent = jpeg(&large);
    device.keep_photo(&sent, "image/jpeg", world.now().ms).unwrap();
    world.sync(&mut device).unwrap();
    let sender = Sender::of(&world, &mut device);
    let (whole, small) = (sender.get(&sent, ""), sender.get(&sent, "?size=thumb"));
    let size = |answer: &Answer| {
        let seen = image::load_from_memory(&answer.body).unwrap();
        (seen.width(), seen.height())
    };
    assert_eq!(size(&whole), (2_048, 819), "no larger than anybody needs");
    assert_eq!(size(&small), (256, 102));
    assert_eq!(small.header("content-type"), "image/jpeg");
    assert!(small.body.len() < 16_384, "{} bytes", small.body.len());
}

#[test]
fn only_pictures_come_in_and_no_bomb() {
    let world = World::start();
    let mut device = world.device(0);
    let sender = Sender::of(&world, &mut device);
    let png = |width: u32, height: u32| {
        let mut out = Vec::new();
        let black = vec![0; (width * height / 8) as usize];
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        encoder.write_header().unwrap().write_image_data(&black).unwrap();
        out
    };
    let bomb = png(16_384, 16_384);
    assert!(bomb.len() < 200_000, "{} bytes unfold to 256 million pixels", bomb.len());
    let cut = &jpeg(&picture())[..40];
    for bytes in [
        &b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"[..],
        b"<!doctype html><script>1</script>",
        b"%PDF-1.7",
        b"x",
        b"\x89PNG\r\n\x1a\n and no more",
        b"RIFF\x10\0\0\0WEBPVP8 ",
        cut,
        &bomb,
        // Each side is allowed, the pixels together are not.
        &png(8_192, 8_192 + 8),
    ] {
        let answer = sender.post(bytes, bytes, 0, 1);
        assert_eq!((answer.status, answer.code().as_str()), (415, "photo_unreadable"), "{bytes:.20?}");
        assert_eq!(sender.get(bytes, "").status, 404);
        let asked = sender.post(bytes, b"", 0, 0).json();
        assert_eq!(asked, json!({"have": 0, "done": false}), "nothing of it is kept");
    }
    let see_through = image::RgbaImage::from_pixel(30, 30, image::Rgba([0, 0, 0, 0]));
    let mut sent = std::io::Cursor::new(Vec::new());
    see_through.write_to(&mut sent, image::ImageFormat::Png).unwrap();
    let sent = sent.into_inner();
    assert_eq!(sender.post(&sent, &sent, 0, 1).json()["done"], json!(true));
    let seen = image::load_from_memory(&sender.get(&sent, "").body).unwrap().into_rgb8();
    assert!(seen.get_pixel(15, 15).0[0] > 240, "what can be seen through is white, not black");
    // Begun and left: after some, no more may be begun, and those that were begun still go on.
    let begin = |n: u8| {
        let bytes = [0xff, 0xd8, 0xff, n, n];
        sender.post(&bytes, &bytes, 0, 0).status
    };
    let begun: Vec<u16> = (0..9).map(begin).collect();
    assert_eq!(begun, [200, 200, 200, 200, 200, 200, 200, 200, 413]);
    assert_eq!(begin(0), 200);
}

#[test]
fn a_photo_goes_on_from_any_byte() {
    let world = World::start();
    let mut device = world.device(0);
    let sender = Sender::of(&world, &mut device);
    let sent = jpeg(&picture());
    let cuts = [1, 2, 700, 701, sent.len() - 1];
    let mut from = 0;
    for (at, cut) in cuts.iter().enumerate() {
        // The first bytes say what it is, so the first piece has some.
        let cut = if at < 2 { cut + 20 } else { *cut };
        let there = sender.post(&sent, &sent[from..cut], from, 0).json();
        assert_eq!(there, json!({"have": cut, "done": false}));
        // Twice, or from somewhere else, changes nothing and says where to go on.
        assert_eq!(sender.post(&sent, &sent[from..cut], from, 0).json(), there);
        assert_eq!(sender.post(&sent, &sent[7..], cut + 7, 1).json(), there);
        from = cut;
    }
    assert_eq!(sender.post(&sent, &sent[from..], from, 1).json()["done"], json!(true));
    assert_eq!(sender.get(&sent, "").status, 200);
    assert_eq!(sender.post(&sent, b"", 0, 0).json()["done"], json!(true));
}

#[test]
fn a_photo_is_seen_by_whoever_may_read_a_record_that_names_it() {
    let mut codes = Vec::new();
    let enrol = |store: &mut Store, programme: &str, zone: &str, role| {
        let request =
            NewEnrolment { person: zone.to_owned(), role, shelves: vec![Shelf::new(programme, zone)] };
        store.new_enrolment("test", &request, crate::world::NOW, 600_000).unwrap().0
    };
    let world = World::start_with(
        |store| {
            codes.push(enrol(store, "water", "R02", Role::Worker));
            codes.push(enrol(store, "care", "M01", Role::Supervisor));
            codes.push(enrol(store, "water", Shelf::COMMON, Role::Supervisor));
        },
        None,
    );
    let (mut nok, mut lek) = (world.device(0), world.device(1));
    let mut others: Vec<Store> =
        codes.iter().enumerate().map(|(at, code)| world.device_by(code, 40 + at as u8)).collect();
    let sent = jpeg(&picture());
    let hash = nok.keep_photo(&sent, "image/jpeg", world.now().ms).unwrap();
    world.sync(&mut nok).unwrap();
    let status = |device: &mut Store| Sender::of(&world, device).get(&sent, "?size=thumb").status;
    assert_eq!(status(&mut nok), 200, "who sent it sees it at once");
    assert_eq!(status(&mut lek), 404, "nobody else does while no record names it");
    let visit = SaveVisit { photos: vec![hash.clone()], ..reading(7, 42) };
    world.ask(&mut nok, visit);
    world.sync(&mut nok).unwrap();
    assert_eq!(status(&mut lek), 200, "the same route");
    let seen: Vec<u16> = others.iter_mut().map(status).collect();
    assert_eq!(seen, [404, 404, 200], "another route, another programme, the programme's supervisor");
    assert_eq!(Sender::of(&world, &mut others[0]).get(&sent, "").status, 404, "nor the whole of it");
}

#[test]
fn records_saved_while_a_photo_is_sent_go_first() {
    let world = World::start();
    let mut device = world.device(0);
    let noise = RgbImage::from_fn(1_200, 900, |x, y| {
        let n = (x * 7_919 + y).wrapping_mul(2_654_435_761);
        Rgb([(n >> 24) as u8, (n >> 16) as u8, (n >> 8) as u8])
    });
    let sent = jpeg(&noise);
    assert!(sent.len() > 2 * domain::wire::PHOTO_CHUNK_BYTES, "three pieces or more");
    device.keep_photo(&sent, "image/jpeg", world.now().ms).unwrap();
    let mut session = SyncSession::new(true);
    let mut answer = None;
    let (mut calls, mut saved) = (Vec::new(), false);
    let reply = loop {
        match session.next(&mut device, answer.take(), world.now()) {
            Step::Call(call) => {
                let path = call.url.strip_prefix(&world.url("")).unwrap();
                let kind = path.split('/').nth(2).unwrap().to_owned();
                let begins = kind == "blob" && !call.body.is_empty();
                calls.push(kind);
                answer = Some(world.carry(&call));
                if begins && !saved {
                    saved = true;
                    world.ask(&mut device, reading(3, 30));
                }
            }
            Step::Done(reply) => break reply,
            Step::Failed(problem) => panic!("{problem:?}"),
        }
    };
    let at = calls.iter().position(|call| call == "push").unwrap();
    assert_eq!(calls[..at], ["pull", "blob", "blob"], "right after the piece that was under way");
    assert!(calls[at..].iter().filter(|call| *call == "blob").count() >= 2, "{calls:?}");
    assert_eq!((reply.pushed, reply.photos, reply.status.counts.photos_waiting), (1, 1, 0));
}

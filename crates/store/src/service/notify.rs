//! Who is told of what, as the office sets it. Only who may change definitions may; a device has none of it.

use super::Caller;
use crate::error::Result;
use crate::{Kind, Store};
use domain::access::{self, Action};
use domain::api::{
    ChannelPut, Done, EndKey, KeyMade, NewKey, NotificationsReply, PutChannel, PutMail, RemoveChannel,
};
use domain::problem::Code;

fn may(store: &Store, caller: &Caller<'_>) -> Result<()> {
    if store.kind != Kind::Server {
        return Err(Code::Forbidden.into());
    }
    Ok(access::may(caller.grant, Action::Define)?)
}

pub(super) fn all(store: &Store, caller: &Caller<'_>) -> Result<NotificationsReply> {
    may(store, caller)?;
    store.notifications()
}

pub(super) fn put_channel(store: &mut Store, caller: &Caller<'_>, ask: &PutChannel) -> Result<ChannelPut> {
    may(store, caller)?;
    store.put_channel(&caller.grant.person, ask, caller.now.ms)
}

pub(super) fn remove_channel(store: &mut Store, caller: &Caller<'_>, ask: &RemoveChannel) -> Result<Done> {
    may(store, caller)?;
    store.remove_channel(&caller.grant.person, ask.id, caller.now.ms)?;
    Ok(Done {})
}

pub(super) fn put_mail(store: &mut Store, caller: &Caller<'_>, ask: &PutMail) -> Result<Done> {
    may(store, caller)?;
    store.put_mail(&caller.grant.person, ask, caller.now.ms)?;
    Ok(Done {})
}

pub(super) fn retry(store: &mut Store, caller: &Caller<'_>) -> Result<Done> {
    may(store, caller)?;
    store.retry_notices(caller.now.ms)?;
    Ok(Done {})
}

pub(super) fn new_key(store: &mut Store, caller: &Caller<'_>, ask: &NewKey) -> Result<KeyMade> {
    may(store, caller)?;
    Ok(KeyMade { key: store.new_outside_key(&caller.grant.person, &ask.title, caller.now.ms)? })
}

pub(super) fn end_key(store: &mut Store, caller: &Caller<'_>, ask: &EndKey) -> Result<Done> {
    may(store, caller)?;
    store.end_outside_key(&caller.grant.person, ask.id, caller.now.ms)?;
    Ok(Done {})
}

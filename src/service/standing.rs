//! How the account stands, for whoever looks on: what there is, who synchronizes, how far they are.

use super::access::Sight;
use super::account::{Account, Device};
use super::ledger::Gaps;
use super::{Service, ServiceError};
use crate::protocol::DeviceUuid;

/// How the account stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Records that are not deleted.
    pub records: u64,
    /// Devices that ever asked.
    pub devices: u64,
    /// Those that asked since the service began, in the order of their UUIDs.
    pub lately: Vec<DeviceStanding>,
}

/// How one device stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceStanding {
    /// Which.
    pub device: DeviceUuid,
    /// What it sees.
    pub sight: Sight,
    /// Sessions that may still hand out something.
    pub sessions: u64,
    /// Instructions that its sessions have not handed out; a guide.
    pub left: u64,
    /// Instructions that were handed out and are not acknowledged.
    pub unacknowledged: u64,
}

impl Service {
    /// How the account stands now. Blocks.
    ///
    /// # Errors
    /// [`ServiceError`] where the account cannot be read.
    pub fn standing(&self) -> Result<Standing, ServiceError> {
        let inner = &self.inner;
        let (records, devices) = inner.account.store.read(|file| {
            file.prepare_cached(
                "SELECT (SELECT coalesce(sum(live), 0) FROM tally), (SELECT count(*) FROM device)",
            )?
            .query_row([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64)))
        })?;
        Ok(Standing { records, devices, lately: inner.account.lately() })
    }
}

impl Account {
    /// How the devices stand that asked since the service began.
    fn lately(&self) -> Vec<DeviceStanding> {
        let state = self.state();
        let standing = |(device, known): (&DeviceUuid, &Device)| {
            let own = state.sessions.values().filter(|session| session.device == *device);
            let handed_out = own.clone().map(|session| session.cursor).max().unwrap_or(0);
            let open = own.filter(|session| !session.drained);
            DeviceStanding {
                device: *device,
                sight: known.sight,
                sessions: open.clone().count() as u64,
                left: open.map(|session| session.left).sum(),
                unacknowledged: Gaps::new(&known.acked, &state.vacated).count(1, handed_out),
            }
        };
        let mut all: Vec<_> = state.devices.iter().map(standing).collect();
        all.sort_by_key(|standing| standing.device.0);
        all
    }
}

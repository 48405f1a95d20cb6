//! Free loopback ports that stay ours. Ports come from below the kernel's ephemeral range, so no outgoing connection
//! takes one between choice and use, and each is locked by a UDP socket of the same number, so that test processes
//! running at the same time never choose the same.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::failure::{During, Failure, Result};

/// First port that may be chosen.
const FIRST_PORT: u16 = 12_000;
/// How many ports may be chosen from; ends below Linux's ephemeral range (32768).
const PORT_COUNT: u16 = 20_000;

/// A reserved port of 127.0.0.1, for as long as this value lives.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: Option<UdpSocket>,
}

impl Port {
    /// A port that nobody listens on.
    ///
    /// # Errors
    /// When every port is taken.
    pub fn free() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        for _ in 0..PORT_COUNT {
            // Processes start at different places, so that they seldom contend.
            let step = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(std::process::id().wrapping_mul(61));
            let offset = u16::try_from(step % u32::from(PORT_COUNT)).unwrap_or(0);
            if let Some(port) = Self::reserve(FIRST_PORT + offset) {
                return Ok(port);
            }
        }
        Err(Failure::new("no free loopback port"))
    }

    /// This very port.
    ///
    /// # Errors
    /// When something listens on it; says what, where the system tells.
    pub fn fixed(number: u16, purpose: &str) -> Result<Self> {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, number)) {
            Ok(_) => Ok(Self { number, _lock: None }),
            Err(error) => Err(Failure::new(format!(
                "port {number} ({purpose}) cannot be used: {error}; {}",
                holder(number).unwrap_or_else(|| "its holder is another user's process".into())
            ))),
        }
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.number
    }

    fn reserve(number: u16) -> Option<Self> {
        let lock = UdpSocket::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
        TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
        Some(Self { number, _lock: Some(lock) })
    }
}

/// The process that listens on `port`, found by way of the socket's inode in /proc.
fn holder(port: u16) -> Option<String> {
    let inode = listening_inode("/proc/net/tcp", port).or_else(|| listening_inode("/proc/net/tcp6", port))?;
    let wanted = format!("socket:[{inode}]");
    let entries = std::fs::read_dir("/proc").ok()?.flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().parse::<u32>().is_ok()) {
        let Ok(descriptors) = std::fs::read_dir(entry.path().join("fd")) else { continue };
        let holds = |fd: std::fs::DirEntry| {
            std::fs::read_link(fd.path()).is_ok_and(|l| l.as_os_str() == wanted.as_str())
        };
        if descriptors.flatten().any(holds) {
            let name = std::fs::read_to_string(entry.path().join("comm")).during("comm").ok()?;
            return Some(format!("it is held by `{}`, process {}", name.trim(), entry.file_name().display()));
        }
    }
    None
}

fn listening_inode(table: &str, port: u16) -> Option<String> {
    const LISTEN: &str = "0A";
    let text = std::fs::read_to_string(table).ok()?;
    let suffix = format!(":{port:04X}");
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).find_map(|fields| {
        let local = fields.get(1)?;
        let state = fields.get(3)?;
        (local.ends_with(&suffix) && *state == LISTEN).then(|| fields.get(9).map(ToString::to_string))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_reservations_never_share_a_port() {
        let ports: Vec<Port> = (0..50).map(|_| Port::free().unwrap()).collect();
        let mut numbers: Vec<u16> = ports.iter().map(Port::number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 50);
    }

    #[test]
    fn a_taken_port_is_named_with_its_holder() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let number = listener.local_addr().unwrap().port();
        let message = Port::fixed(number, "Envoy's listener").unwrap_err().to_string();
        assert!(message.contains(&number.to_string()), "{message}");
        assert!(message.contains(&std::process::id().to_string()), "{message}");
    }
}

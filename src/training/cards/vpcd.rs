//! The vpcd protocol, card side: the card connects, then answers frames (two bytes big-endian length, then data) one by one.
//!
//! The ATR is answered at once in every mode: vpcd asks for it again and again, and takes silence for a card that was pulled.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::control::Mode;
use super::piv::{ATR, Card, Manner};

/// vpcd's port for slot 0; slot 1 has the next one. Inside the namespace nobody else can have them.
pub(super) const FIRST_PORT: u16 = 0x8C7B;
/// What a slow card takes for each command.
const SLOW: Duration = Duration::from_secs(1);
/// Control frames have one byte.
const POWER_ON: u8 = 0x01;
const ASK_ATR: u8 = 0x04;

/// Plays `card` over `stream` until the other side closes it or the card dies. `seen` turns true when pcscd has powered the
/// card, fetched its ATR and come back for more: its clients know of the card then. `tries` follows the card's counter.
pub(super) async fn play(
    mut stream: TcpStream,
    card: &mut Card,
    mut mode: watch::Receiver<Mode>,
    seen: watch::Sender<bool>,
    tries: &watch::Sender<u8>,
) -> io::Result<()> {
    let (mut powered, mut introduced) = (false, false);
    loop {
        let length = stream.read_u16().await?;
        // vpcd sends length and data apart, so its kernel holds the data until the length is acknowledged: do not wait 40 ms with that.
        rustix::net::sockopt::set_tcp_quickack(&stream, true)?;
        let mut frame = vec![0; usize::from(length)];
        stream.read_exact(&mut frame).await?;
        if introduced {
            seen.send_if_modified(|seen| !std::mem::replace(seen, true));
        }
        match frame.as_slice() {
            [ASK_ATR] => {
                send(&mut stream, &ATR).await?;
                introduced = powered;
            }
            // Power off, power on, reset: no answer.
            [] | [_] => {
                powered |= frame == [POWER_ON];
                card.reset();
            }
            command => {
                let now = *mode.borrow_and_update();
                let manner = if now == Mode::BurningVerify { Manner::Burning } else { Manner::Standard };
                let answer = card.execute(command, manner);
                tries.send_replace(card.tries());
                match now {
                    Mode::Normal | Mode::BurningVerify => {}
                    Mode::Slow => {
                        // The delay is the behaviour itself; a change of mode ends it early.
                        let _ = tokio::time::timeout(SLOW, mode.changed()).await;
                    }
                    Mode::Dies => {
                        let mut part = frame_of(&answer);
                        part.truncate(3);
                        return stream.write_all(&part).await;
                    }
                }
                send(&mut stream, &answer).await?;
            }
        }
    }
}

async fn send(stream: &mut TcpStream, data: &[u8]) -> io::Result<()> {
    // One write: a length that travels alone would wait for an acknowledgement.
    stream.write_all(&frame_of(data)).await
}

fn frame_of(data: &[u8]) -> Vec<u8> {
    let data = &data[..data.len().min(usize::from(u16::MAX))];
    let mut frame = u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
    frame.extend_from_slice(data);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::cards::memory::tests::folder;
    use tokio::net::TcpListener;

    /// A card that plays in a task, and the reader's side of its connection.
    async fn plugged(mode: Mode) -> (TcpStream, watch::Sender<Mode>, tokio::task::JoinHandle<io::Result<()>>, tempfile::TempDir) {
        let dir = folder();
        let mut card = Card::open(dir.path(), "p1").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (modes, watched) = watch::channel(mode);
        let task =
            tokio::spawn(async move { play(stream, &mut card, watched, watch::channel(false).0, &watch::channel(0).0).await });
        (listener.accept().await.unwrap().0, modes, task, dir)
    }

    async fn receive(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
        let length = stream.read_u16().await?;
        let mut data = vec![0; usize::from(length)];
        stream.read_exact(&mut data).await?;
        Ok(data)
    }

    const SELECT: &[u8] = &[0, 11, 0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08, 0x00];

    #[tokio::test]
    async fn power_and_reset_are_silent_and_the_rest_is_answered() {
        let (mut reader, _modes, task, _dir) = plugged(Mode::Normal).await;
        reader.write_all(&[0, 1, 1, 0, 1, 2, 0, 0, 0, 1, 4]).await.unwrap();
        assert_eq!(receive(&mut reader).await.unwrap(), ATR);
        reader.write_all(SELECT).await.unwrap();
        assert!(receive(&mut reader).await.unwrap().ends_with(&[0x90, 0x00]));
        drop(reader);
        assert!(task.await.unwrap().is_err(), "the reader went away");
    }

    #[tokio::test]
    async fn a_dying_card_leaves_half_an_answer() {
        let (mut reader, _modes, task, _dir) = plugged(Mode::Dies).await;
        reader.write_all(&[0, 1, 4]).await.unwrap();
        assert_eq!(receive(&mut reader).await.unwrap(), ATR, "present until it is asked something");
        reader.write_all(SELECT).await.unwrap();
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest.len(), 3);
        task.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_slow_card_hurries_up_when_told_to() {
        let (mut reader, modes, _task, _dir) = plugged(Mode::Slow).await;
        reader.write_all(&[0, 1, 4]).await.unwrap();
        assert_eq!(receive(&mut reader).await.unwrap(), ATR);
        let start = std::time::Instant::now();
        reader.write_all(SELECT).await.unwrap();
        assert!(receive(&mut reader).await.unwrap().ends_with(&[0x90, 0x00]));
        assert!(start.elapsed() >= SLOW);
        modes.send_replace(Mode::Normal);
        reader.write_all(SELECT).await.unwrap();
        assert!(receive(&mut reader).await.unwrap().ends_with(&[0x90, 0x00]));
    }
}

//! The card host: the process in which the private pcscd and the virtual locks live.
//!
//! It ends when its standard input ends, when pcscd ends, or when it is killed; in each case nothing of it stays behind.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::{Mutex, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::control::{Answer, Mode, Request, SLOTS, SlotState};
use super::piv::Card;
use super::{namespace, vpcd};
use crate::base::{Fault, FaultKind, Message, Until, files};

/// How long pcscd may take to start, or to see a card.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long pcscd may take to see a card that it does not overlook.
const SIGHT: Duration = Duration::from_secs(8);
/// A control line is short; more is a mistake.
const LINE_LIMIT: u64 = 4096;

/// The control socket in the host's folder.
pub(super) const SOCKET: &str = "cards.sock";

/// The entry of the hidden command `ruku training-cards --dir DIR`; started by [`super::CardHost`] only. Writes one line to standard
/// output when ready (`{"slots":[…]}`) or when it could not start (`{"fault":…}`), and returns when its standard input ends.
///
/// # Errors
/// [`FaultKind::Setup`] when namespaces, pcscd or vpcd are not to be had, [`FaultKind::Gone`] when pcscd ended.
pub fn host_main(dir: &Path) -> Result<(), Fault> {
    let ended = serve(dir);
    if let Err(fault) = &ended {
        say(&Answer::Fault(fault.clone()));
    }
    ended
}

fn serve(dir: &Path) -> Result<(), Fault> {
    // From here on all names are relative: `/run`, where the folder may be, is about to be covered, and socket paths are short.
    std::env::set_current_dir(dir).map_err(|error| Fault::io("进入文件夹", "enter", dir, &error))?;
    files::private_dir(Path::new("pcsc"))?;
    files::private_dir(Path::new("cards"))?;
    namespace::prepare()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| namespace::refused(&error.to_string()))?;
    let ended = runtime.block_on(run());
    for leftover in [SOCKET, "pcsc/pcscd.comm", "pcsc/pcscd.pid"] {
        let _ = std::fs::remove_file(leftover);
    }
    ended
}

async fn run() -> Result<(), Fault> {
    let owner_gone = owner_gone();
    let mut pcscd = namespace::start_pcscd()?;
    let work = async {
        let until = Until::after(PATIENCE, CancellationToken::new());
        let waiting_for = crate::say!("模拟锁的读卡服务 pcscd 启动", "the training lock's pcscd to start");
        while !namespace::pcscd_ready() {
            until.pause(Duration::from_millis(10), &waiting_for).await?;
        }
        // pcscd opens its folder to everybody; these locks are the owner's alone.
        private(Path::new("pcsc"), 0o700)?;
        let listener = listen()?;
        let reader = Arc::new(Mutex::new(Reader::default()));
        say(&Answer::Slots(reader.lock().await.state()));
        loop {
            let (client, _) = listener.accept().await.map_err(|error| socket_fault(&error))?;
            tokio::spawn(converse(client, Arc::clone(&reader)));
        }
    };
    let ended = tokio::select! {
        _ = owner_gone => Ok(()),
        status = pcscd.wait() => {
            let words = namespace::last_words(Path::new("pcscd.log"));
            let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            Err(Fault::new(FaultKind::Gone, crate::say!(
                "模拟锁的读卡服务 pcscd 已退出（{status}；{words}）。请重新启动模拟平台。",
                "the training lock's pcscd ended ({status}; {words}); start the training portals again"
            )))
        }
        fault = work => fault,
    };
    let _ = pcscd.kill().await;
    ended
}

/// Resolves when standard input ends: the owner closed it, or died. On a thread of its own, so that nothing can hold it up.
fn owner_gone() -> oneshot::Receiver<()> {
    let (gone, owner_gone) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock().by_ref(), &mut std::io::sink());
        let _ = gone.send(());
    });
    owner_gone
}

fn listen() -> Result<UnixListener, Fault> {
    let _ = std::fs::remove_file(SOCKET);
    let listener = UnixListener::bind(SOCKET).map_err(|error| socket_fault(&error))?;
    private(Path::new(SOCKET), 0o600)?;
    Ok(listener)
}

fn private(path: &Path, mode: u32) -> Result<(), Fault> {
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(path, permissions).map_err(|error| Fault::io("设置权限", "set permissions of", path, &error))
}

fn socket_fault(error: &std::io::Error) -> Fault {
    Fault::io("打开控制接口", "open the control socket", Path::new(SOCKET), error)
}

/// One line to the owner. An owner that is gone is noticed elsewhere.
fn say(answer: &Answer) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(&line(answer)).and_then(|()| out.flush());
}

fn line(answer: &Answer) -> Vec<u8> {
    let mut line = serde_json::to_vec(answer).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Answers one client's lines until it hangs up.
async fn converse(client: UnixStream, reader: Arc<Mutex<Reader>>) {
    let (input, mut output) = client.into_split();
    let mut input = BufReader::new(input);
    loop {
        let mut request = Vec::new();
        let read = tokio::io::AsyncReadExt::take(&mut input, LINE_LIMIT).read_until(b'\n', &mut request).await;
        if read.is_err() || !request.ends_with(b"\n") {
            return;
        }
        let answer = match serde_json::from_slice(&request) {
            Ok(request) => reader.lock().await.obey(request).await.map_or_else(Answer::Fault, Answer::Slots),
            Err(error) => Answer::Fault(refused(crate::say!("无法识别的指令：{error}。", "not a request: {error}"))),
        };
        if output.write_all(&line(&answer)).await.is_err() {
            return;
        }
    }
}

/// The virtual reader: what is in its slots.
#[derive(Default)]
struct Reader {
    slots: [Slot; SLOTS],
}

#[derive(Default)]
struct Slot {
    mode: watch::Sender<Mode>,
    inserted: Option<Inserted>,
}

/// A card that was put in; it may have died since.
struct Inserted {
    name: String,
    tries: watch::Receiver<u8>,
    pull: CancellationToken,
    task: JoinHandle<()>,
}

impl Slot {
    fn card(&self) -> Option<&Inserted> {
        self.inserted.as_ref().filter(|card| !card.task.is_finished())
    }
}

impl Reader {
    async fn obey(&mut self, request: Request) -> Result<Vec<SlotState>, Fault> {
        match request {
            Request::Insert { slot, card } => self.insert(slot, &card).await?,
            Request::Pull { slot } => self.pull(slot).await?,
            Request::Mode { slot, mode } => {
                self.slot(slot)?.mode.send_replace(mode);
            }
            Request::State {} => {}
        }
        Ok(self.state())
    }

    fn slot(&mut self, slot: usize) -> Result<&mut Slot, Fault> {
        self.slots
            .get_mut(slot)
            .ok_or_else(|| refused(crate::say!("没有 {slot} 号卡槽，只有 0 和 1。", "there is no slot {slot}, only 0 and 1")))
    }

    fn state(&self) -> Vec<SlotState> {
        let state = |(number, slot): (usize, &Slot)| SlotState {
            slot: number,
            card: slot.card().map(|card| card.name.clone()),
            mode: *slot.mode.borrow(),
            tries: slot.card().map(|card| *card.tries.borrow()),
        };
        self.slots.iter().enumerate().map(state).collect()
    }

    async fn pull(&mut self, number: usize) -> Result<(), Fault> {
        if let Some(card) = self.slot(number)?.inserted.take() {
            card.pull.cancel();
            // When this returns the connection is closed.
            let _ = card.task.await;
        }
        Ok(())
    }

    async fn insert(&mut self, number: usize, name: &str) -> Result<(), Fault> {
        if let Some(card) = self.slot(number)?.card() {
            let other = &card.name;
            return Err(refused(crate::say!(
                "{number} 号卡槽里已有模拟锁“{other}”，请先拔出。",
                "slot {number} holds the training lock “{other}”; pull it first"
            )));
        }
        if self.slots.iter().filter_map(Slot::card).any(|card| card.name == name) {
            return Err(refused(crate::say!(
                "模拟锁“{name}”已插在另一个卡槽里。",
                "the training lock “{name}” is in the other slot already"
            )));
        }
        let until = Until::after(PATIENCE, CancellationToken::new());
        loop {
            match self.plug(number, name, &until.within(SIGHT)).await {
                // vpcd sometimes overlooks a card that comes right after another has gone: it is taken out and put in again.
                Err(fault) if fault.kind == FaultKind::TimedOut && !until.expired() => self.pull(number).await?,
                plugged => return plugged,
            }
        }
    }

    /// Connects a card to vpcd and waits until pcscd has asked it something.
    async fn plug(&mut self, number: usize, name: &str, until: &Until) -> Result<(), Fault> {
        let mut card = Card::open(Path::new("."), name)?;
        let port = vpcd::FIRST_PORT + u16::try_from(number).unwrap_or_default();
        let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|error| not_seen(&error.to_string()))?;
        let _ = stream.set_nodelay(true);

        let (seen, mut was_seen) = watch::channel(false);
        let (tell_tries, tries) = watch::channel(card.tries());
        let pull = CancellationToken::new();
        let (pulled, mode) = (pull.clone(), self.slot(number)?.mode.subscribe());
        let task = tokio::spawn(async move {
            tokio::select! {
                () = pulled.cancelled() => {}
                _ = vpcd::play(stream, &mut card, mode, seen, &tell_tries) => {}
            }
        });
        self.slot(number)?.inserted = Some(Inserted { name: name.to_owned(), tries, pull, task });

        let waiting_for: Message =
            crate::say!("读卡服务发现模拟锁“{name}”", "the card service to see the training lock “{name}”");
        match until.run(&waiting_for, was_seen.wait_for(|seen| *seen)).await? {
            Ok(_) => Ok(()),
            Err(_) => Err(not_seen("closed")),
        }
    }
}

fn refused(message: Message) -> Fault {
    Fault::new(FaultKind::Refused, message)
}

fn not_seen(detail: &str) -> Fault {
    Fault::new(
        FaultKind::Card,
        crate::say!(
            "模拟锁无法插入（{detail}）。请重新启动模拟平台。",
            "the training lock cannot be inserted ({detail}); start the training portals again"
        ),
    )
}

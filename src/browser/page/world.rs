//! Speaking with Ruku's script in the isolated world of every frame, and where the frames are in the window.
//!
//! Never evaluates text of a playbook or a page: functions are Ruku's own, values go in as arguments.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::super::Browser;
use super::super::script::Frame;
use crate::base::{Fault, FaultKind, Until};

/// Ruku's script, as one function that takes the way out for messages. Called again in the same
/// document it does nothing.
pub(super) const SCRIPT: &str = concat!(
    "(outbox) => {\n",
    include_str!("js/head.js"),
    include_str!("js/fold.js"),
    include_str!("js/see.js"),
    include_str!("js/name.js"),
    include_str!("js/choose.js"),
    include_str!("js/boxes.js"),
    include_str!("js/date.js"),
    include_str!("js/cell.js"),
    include_str!("js/probe.js"),
    include_str!("js/hit.js"),
    include_str!("js/ready.js"),
    include_str!("js/fill.js"),
    include_str!("js/remember.js"),
    include_str!("js/net.js"),
    include_str!("js/media.js"),
    include_str!("js/mask.js"),
    include_str!("js/caption.js"),
    include_str!("js/tail.js"),
    "}"
);

/// Larger than any window: scripts and pictures know its real edge.
const ENDLESS: f64 = 1e9;

/// One frame of the window, with what it answered.
#[derive(Debug)]
pub(super) struct View {
    /// Its BiDi context.
    pub(super) context: String,
    /// Index of the frame around it, in the same list; none for the window itself.
    pub(super) parent: Option<usize>,
    /// Which child frame of that parent it is.
    pub(super) index: usize,
    /// Where its viewport lies in the window's, in CSS pixels.
    pub(super) origin: (f64, f64),
    /// How many CSS pixels of the window one of its own takes.
    pub(super) scale: f64,
    /// The part of the window that it may paint on: left, top, right, bottom.
    pub(super) clip: (f64, f64, f64, f64),
    /// Whose document it is: scheme, host and port; `null` where it is nobody's.
    pub(super) document: String,
    /// Whether a person can see it.
    pub(super) shown: bool,
    /// The answer, or why there is none.
    pub(super) answer: Result<Value, Fault>,
}

impl View {
    /// A rectangle of this frame in the window's viewport.
    pub(super) fn to_window(&self, rect: &Value) -> (f64, f64, f64, f64) {
        let side = |name: &str| rect[name].as_f64().unwrap_or_default() * self.scale;
        (self.origin.0 + side("x"), self.origin.1 + side("y"), side("width"), side("height"))
    }
}

impl Browser {
    /// Installs the script for every document from now on, and connects the memory of messages.
    ///
    /// # Errors
    /// As [`Browser::call`].
    pub(in crate::browser) async fn install_page_script(&self, until: &Until) -> Result<(), Fault> {
        self.watch_messages();
        self.wake_popups();
        self.add_preload_script(SCRIPT, super::messages::CHANNEL, until).await?;
        for frame in self.frames(until).await? {
            self.call(&frame.context, SCRIPT, &[], until).await?;
        }
        Ok(())
    }

    /// Connects the script that an earlier Ruku installed in this session.
    pub(in crate::browser) fn connect_page_script(&self) {
        self.watch_messages();
        self.wake_popups();
        self.connect_channel(super::messages::CHANNEL);
    }

    /// Calls `expression` over `ruku` and `args` in one frame.
    pub(super) async fn ask(&self, context: &str, expression: &str, args: &[Value], until: &Until) -> Result<Value, Fault> {
        let function = format!("async (...args) => globalThis.ruku?.of === document ? [await ({expression})] : null");
        let mut answer = self.call(context, &function, args, until).await?;
        if answer.is_null() {
            // A document from before the preload script, or one that the browser made without it.
            self.call(context, SCRIPT, &[], until).await?;
            answer = self.call(context, &function, args, until).await?;
        }
        Ok(answer[0].take())
    }

    /// Calls `expression` in every frame of the current window and says where the frames are.
    pub(super) async fn ask_all(&self, expression: &str, args: &[Value], until: &Until) -> Result<Vec<View>, Fault> {
        Ok(self.ask_frames(self.frames(until).await?, expression, args, until).await)
    }

    /// The same of frames that are known already.
    pub(super) async fn ask_frames(&self, frames: Vec<Frame>, expression: &str, args: &[Value], until: &Until) -> Vec<View> {
        let both = format!("(async () => [ruku.frames(), ruku.whose(), await ({expression})])()");
        let answers = join_all(frames.iter().map(|frame| self.ask(&frame.context, &both, args, until))).await;
        let mut views: Vec<View> = Vec::with_capacity(frames.len());
        let mut children: Vec<Value> = Vec::with_capacity(frames.len());
        for (frame, answer) in frames.into_iter().zip(answers) {
            let mut view = View {
                context: frame.context,
                parent: None,
                index: 0,
                origin: (0.0, 0.0),
                scale: 1.0,
                clip: (0.0, 0.0, ENDLESS, ENDLESS),
                document: String::new(),
                shown: frame.parent.is_none(),
                answer: Err(super::look::frame_silent()),
            };
            if let Some(parent) = frame.parent {
                view.parent = views.iter().position(|other| other.context == parent);
                place_in_parent(&mut view, &views, &children);
            }
            let mut boxes = Value::Null;
            view.answer = answer.map(|mut answer| {
                boxes = answer[0].take();
                view.document = answer[1].as_str().unwrap_or_default().to_owned();
                answer[2].take()
            });
            views.push(view);
            children.push(boxes);
        }
        views
    }

    /// Whether this fault only says that a frame has moved on, so that looking again makes sense.
    pub(super) fn passing(&self, fault: &Fault) -> bool {
        fault.kind == FaultKind::Gone && self.took_away().is_none()
    }
}

/// Finds the frame's box among the child frames its parent told of.
fn place_in_parent(view: &mut View, views: &[View], children: &[Value]) {
    let Some((parent, boxes)) = view.parent.and_then(|at| Some((&views[at], children[at].as_array()?))) else { return };
    let mine = json!({"context": view.context});
    let Some((index, frame)) = boxes.iter().enumerate().find(|(_, frame)| frame["window"] == mine) else { return };
    let (x, y, width, height) = parent.to_window(frame);
    view.index = index;
    view.origin = (x, y);
    view.scale = parent.scale * frame["scale"].as_f64().unwrap_or(1.0);
    let (left, top, right, bottom) = parent.clip;
    view.clip = (left.max(x), top.max(y), right.min(x + width), bottom.min(y + height));
    view.shown = parent.shown && frame["shown"] == true && view.clip.2 > view.clip.0 && view.clip.3 > view.clip.1;
}

//! The operator at a terminal: reads lines from standard input, writes to standard error.
//!
//! Names are for the eyes of the person at the screen: a file that standard error was sent to is a log, and nothing personal is written there.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::Mutex;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use super::{Answer, Gate, GateKind, Operator};
use crate::base::{Fault, Lang, Message, Redactor, Until, until};

/// Asks on standard error, reads from standard input.
#[derive(Debug)]
pub struct Terminal {
    lang: Lang,
    lines: tokio::sync::Mutex<mpsc::UnboundedReceiver<String>>,
    out: Mutex<std::io::Stderr>,
    /// What is hidden; none where a person reads it from the screen.
    hidden: Option<Redactor>,
}

impl Terminal {
    /// Starts the thread that reads standard input; it ends with the process, as a blocked read cannot be woken.
    /// Where standard error is no screen, `redactor` hides what it knows.
    pub fn start(lang: Lang, redactor: Redactor) -> Terminal {
        let hidden = (!std::io::stderr().is_terminal()).then_some(redactor);
        Terminal::reading(lang, std::io::BufReader::new(std::io::stdin()), hidden)
    }

    fn reading(lang: Lang, input: impl BufRead + Send + 'static, hidden: Option<Redactor>) -> Terminal {
        let (sender, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in input.lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Terminal { lang, lines: tokio::sync::Mutex::new(lines), out: Mutex::new(std::io::stderr()), hidden }
    }

    /// Asks for one line of text, such as a missing input. None at the end of the input.
    ///
    /// # Errors
    /// `Stopped` when the run is cancelled, `TimedOut` when nobody answers.
    pub async fn line(&self, question: &Message, until: &Until) -> Result<Option<String>, Fault> {
        self.write(&format!("{}: ", question.get(self.lang)));
        let waiting_for = crate::say!("您输入“{}”", "you to enter “{}”", question.get(self.lang));
        let line = until.run(&waiting_for, async { self.lines.lock().await.recv().await }).await?;
        if line.is_none() {
            // Nobody ends the line of the question, and what comes next is no answer to it.
            self.write("\n");
        }
        Ok(line.map(|line| line.trim().to_owned()))
    }

    /// Asks for a plain yes before anything starts. What was typed before does not count, and the end of the input is no yes.
    ///
    /// # Errors
    /// `Stopped` when the answer is no or never comes, `TimedOut` when nobody answers.
    pub async fn agree(&self, question: &Message, until: &Until) -> Result<(), Fault> {
        let gate = Gate { number: 0, kind: GateKind::Confirm, message: question.clone(), options: Vec::new() };
        self.forget();
        self.write(&self.prompt(&gate));
        let waiting_for = crate::say!("您的回答（{}）", "your answer ({})", question.get(self.lang));
        loop {
            let line = until.run(&waiting_for, async { self.lines.lock().await.recv().await }).await?;
            match line.map(|line| answer(&line, &gate)) {
                Some(Some(Answer::Go)) => return Ok(()),
                Some(None) => self.no_such_choice(),
                _ => return Err(until::stopped()),
            }
        }
    }

    fn no_such_choice(&self) {
        self.write(if self.lang == Lang::Zh { "  没有这个选项，请重新输入：" } else { "  no such choice; again: " });
    }

    fn write(&self, text: &str) {
        let hidden = self.hidden.as_ref().map(|redactor| redactor.hide(text));
        let text = hidden.as_deref().unwrap_or(text);
        let mut out = self.out.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // A closed terminal must not stop a run that is in the middle of something.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    fn prompt(&self, gate: &Gate) -> String {
        let zh = self.lang == Lang::Zh;
        let mut text = String::from("\n");
        text.push_str(if zh { "【待您操作】" } else { "[your turn] " });
        text.push_str(gate.message.get(self.lang));
        text.push('\n');
        for (index, option) in gate.options.iter().enumerate() {
            text.push_str(&format!("  {}. {}\n", index + 1, option.get(self.lang)));
        }
        if gate.kind == GateKind::Address {
            text.push_str(if zh {
                "  粘贴网址后按回车，输入 q 停止："
            } else {
                "  paste the address and press Enter, q to stop: "
            });
            return text;
        }
        let lock = matches!(gate.kind, GateKind::InsertLock | GateKind::ReinsertLock | GateKind::SwapLock);
        let seen = matches!(gate.kind, GateKind::Pin | GateKind::Seal | GateKind::Captcha | GateKind::Act);
        text.push_str(match (gate.options.is_empty(), zh) {
            (true, true) if lock => "  （插好后自动继续；插好了却检测不到，才按回车；输入 q 停止）：",
            (true, false) if lock => "  (goes on by itself; Enter only if the lock is in and not detected; q to stop): ",
            (true, true) if seen => "  （完成后自动继续；没有反应时按回车再看一次；输入 q 停止）：",
            (true, false) if seen => "  (goes on by itself when done; Enter to look again; q to stop): ",
            (true, true) => "  按回车继续，输入 q 停止：",
            (true, false) => "  Enter to go on, q to stop: ",
            (false, true) => "  输入序号，或 q 停止：",
            (false, false) => "  the number, or q to stop: ",
        });
        text
    }
}

/// What a typed line means at this gate; none when it means nothing.
fn answer(line: &str, gate: &Gate) -> Option<Answer> {
    let (line, options) = (line.trim(), gate.options.len());
    if line.eq_ignore_ascii_case("q") || line == "停止" {
        return Some(Answer::Stop);
    }
    if gate.kind == GateKind::Address {
        return (!line.is_empty()).then(|| Answer::Text(line.to_owned()));
    }
    if options == 0 {
        return line.is_empty().then_some(Answer::Go);
    }
    line.parse::<usize>().ok().filter(|number| (1..=options).contains(number)).map(|number| Answer::Pick(number - 1))
}

impl Operator for Terminal {
    fn name(&self) -> &'static str {
        "terminal"
    }

    fn forget(&self) {
        // While somebody reads a line there is nothing old to forget.
        if let Ok(mut lines) = self.lines.try_lock() {
            while lines.try_recv().is_ok() {}
        }
    }

    fn ask<'a>(&'a self, gate: &'a Gate, until: &'a Until) -> BoxFuture<'a, Result<Answer, Fault>> {
        Box::pin(async move {
            let mut lines = self.lines.lock().await;
            self.write(&self.prompt(gate));
            let waiting_for = crate::say!("您的回答（{}）", "your answer ({})", gate.message.get(self.lang));
            loop {
                match until.run(&waiting_for, lines.recv()).await? {
                    Some(line) => match answer(&line, gate) {
                        Some(answer) => return Ok(answer),
                        None => self.no_such_choice(),
                    },
                    // The input has ended: nobody can consent any more, but the world may still answer (the lock is inserted).
                    None => {
                        until.run(&waiting_for, std::future::pending::<()>()).await?;
                        return Err(until::stopped());
                    }
                }
            }
        })
    }

    fn tell(&self, message: &Message) {
        self.write(&format!("{}\n", message.get(self.lang)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio_util::sync::CancellationToken;

    use super::*;

    fn gate(options: usize) -> Gate {
        let options = (0..options).map(|n| Message::same(n.to_string())).collect();
        Gate { number: 1, kind: GateKind::Confirm, message: Message::same("?"), options }
    }

    #[test]
    fn only_clear_answers_count() {
        assert_eq!(answer("", &gate(0)), Some(Answer::Go));
        assert_eq!(answer("yes", &gate(0)), None);
        assert_eq!(answer("2", &gate(2)), Some(Answer::Pick(1)));
        assert_eq!(answer("3", &gate(2)), None);
        assert_eq!(answer("", &gate(2)), None, "silence picks nothing");
        assert_eq!(answer(" Q ", &gate(2)), Some(Answer::Stop));
    }

    /// Input that never comes, as from a person who has left.
    struct Silence(std::sync::mpsc::Receiver<()>);

    impl std::io::Read for Silence {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            let _ = self.0.recv();
            Ok(0)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_ends_with_the_run_or_with_patience() {
        let (open, silence) = std::sync::mpsc::channel();
        let terminal = Terminal::reading(Lang::En, std::io::BufReader::new(Silence(silence)), None);
        let cancel = CancellationToken::new();
        let until = Until::after(Duration::from_secs(5), cancel.clone());
        let fault = terminal.line(&Message::same("?"), &until).await.unwrap_err();
        assert_eq!(fault.kind, crate::base::FaultKind::TimedOut);
        cancel.cancel();
        let fault = terminal.line(&Message::same("?"), &until).await.unwrap_err();
        assert_eq!(fault.kind, crate::base::FaultKind::Stopped);
        drop(open);
    }

    #[tokio::test]
    async fn the_end_of_the_input_and_a_q_agree_to_nothing() {
        for input in ["", "q\n", "yes\n"] {
            let terminal = Terminal::reading(Lang::En, std::io::Cursor::new(input.as_bytes()), None);
            let until = Until::after(Duration::from_secs(600), CancellationToken::new());
            let fault = terminal.agree(&Message::same("?"), &until).await.unwrap_err();
            assert_eq!(fault.kind, crate::base::FaultKind::Stopped, "{input:?}");
        }
    }

    #[tokio::test]
    async fn a_question_is_answered_by_a_line_and_by_the_end_of_the_input() {
        let terminal = Terminal::reading(Lang::En, std::io::Cursor::new(" 甲 \n".as_bytes()), None);
        let until = Until::after(Duration::from_secs(600), CancellationToken::new());
        assert_eq!(terminal.line(&Message::same("?"), &until).await, Ok(Some("甲".to_owned())));
        assert_eq!(terminal.line(&Message::same("?"), &until).await, Ok(None));
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_input_is_not_consent() {
        let terminal = Terminal::reading(Lang::En, std::io::Cursor::new(b""), None);
        let until = Until::after(Duration::from_secs(5), CancellationToken::new());
        let fault = terminal.ask(&gate(0), &until).await.unwrap_err();
        assert_eq!(fault.kind, crate::base::FaultKind::TimedOut);
    }
}

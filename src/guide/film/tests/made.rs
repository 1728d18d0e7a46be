//! A small story with pictures of its own: pages with a bar, lines and a button, as the robot would have left them.

use super::super::canvas::Area;
use crate::base::Message;
use crate::guide::painter;
use crate::guide::story::{Mark, Scene, Still, Story};

/// Of its pages.
pub(super) const SIZE: (u32, u32) = (800, 500);

pub(super) struct Made {
    pub(super) story: Story,
    /// The run folder that the pictures lie in.
    _run: tempfile::TempDir,
}

impl Made {
    pub(super) fn new() -> Made {
        let run = tempfile::tempdir().unwrap();
        let mark = |x: f64, y: f64, width: f64| Mark { x, y, width, height: 32.0 };
        let scene = |number: u32, title: (&str, &str), marks: Vec<Mark>| Scene {
            number,
            chapter: None,
            title: Message::new(title.0, title.1),
            still: still(run.path(), number, &marks),
            after: None,
            press: marks.len() == 1,
            marks,
            person: false,
            irreversible: false,
        };
        let mut scenes = vec![
            scene(1, ("打开“互认系统”<首页>", "Open the <front page>"), Vec::new()),
            scene(2, ("点击“绑定/登陆”", "Press bind"), vec![mark(650.0, 30.0, 90.0)]),
            scene(3, ("填写姓名和手机号", "Fill in name and phone"), vec![mark(100.0, 200.0, 240.0), mark(100.0, 280.0, 240.0)]),
            scene(4, ("本人输入 CA 锁密码", "The person enters the PIN of the lock"), Vec::new()),
            scene(
                5,
                (
                    "核对页面上的证书持有人与办理人一致之后，点击“确认申请”，平台随即绑定该证书",
                    "Press confirm after the holder shown on the page was compared with the applicant",
                ),
                vec![mark(340.0, 430.0, 120.0)],
            ),
        ];
        scenes[0].chapter = Some(("2.1.1".into(), Message::new("登陆互认系统", "Enter the system")));
        scenes[2].chapter = Some(("2.2".into(), Message::new("CA 证书绑定", "Bind the certificate")));
        scenes[1].after = Some(still(run.path(), 12, &[]));
        scenes[3].person = true;
        scenes[4].irreversible = true;
        Made {
            story: Story {
                title: Message::new("诚信库入库", "Onboarding"), training: true, finished: true, chart: None, scenes
            },
            _run: run,
        }
    }
}

/// A page: a bar, lines of “text”, and what can be pressed.
fn still(run: &std::path::Path, number: u32, marks: &[Mark]) -> Still {
    let mut page = painter::plain(SIZE.0, SIZE.1, [250, 251, 252]).unwrap();
    let mut fill = |area: Area, rgb: [u8; 3]| {
        let part = painter::plain(area.width, area.height, rgb).unwrap();
        painter::put(&part, (area.x.into(), area.y.into()), 1.0, &mut page);
    };
    fill(Area { x: 0, y: 0, width: SIZE.0, height: 20 }, [30, 90, (number * 37 % 200) as u8]);
    for line in 0..12 {
        fill(Area { x: 40, y: 120 + line * 24, width: 120 + (line * number * 53) % 400, height: 9 }, [90, 96, 110]);
    }
    for mark in marks {
        let area = Area { x: mark.x as u32, y: mark.y as u32, width: mark.width as u32, height: mark.height as u32 };
        fill(area, [64, 128, 220]);
    }
    let (file, bytes) = (format!("data/{number}.png"), painter::png(&page).unwrap());
    std::fs::create_dir_all(run.join("data")).unwrap();
    std::fs::write(run.join(&file), &bytes).unwrap();
    let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&bytes));
    Still { run: run.to_owned(), file, sha256, width: SIZE.0, height: SIZE.1 }
}

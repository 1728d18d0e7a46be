//! What a film costs: seconds of film per second of work, and megabytes per minute. `cargo bench --bench film [-- RUN_FOLDER]`; without a run
//! folder, of pages that are drawn for it. Where ffmpeg is installed, what it needs for the same pages standing still, without pointer and words.
//!
//! Never writes into the run folder.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use ruku::base::{Lang, Message};
use ruku::guide::{self, Format, Making, Mark, Scene, Still, Story};

/// Aims: seconds of film per second of work, megabytes per minute.
const SPEED_AIM: f64 = 2.0;
const SIZE_AIM: f64 = 2.0;
/// Pages that are drawn.
const PAGES: u32 = 16;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let named = std::env::args().skip(1).find(|word| !word.starts_with("--"));
    let story = match named {
        Some(run) => guide::read(Path::new(&run)).unwrap_or_else(|fault| {
            eprintln!("{fault}");
            std::process::exit(2);
        }),
        None => drawn(folder.path()),
    };
    println!("{} steps, pages of {} x {}", story.scenes.len(), story.scenes[0].still.width, story.scenes[0].still.height);
    let mut length = 0.0;
    for (name, format) in Format::NAMES {
        let to = folder.path().join(name);
        let begun = Instant::now();
        guide::write(&story, &[format], &to, Lang::Zh, &Making::quiet()).unwrap_or_else(|fault| {
            eprintln!("{fault}");
            std::process::exit(2);
        });
        let (took, size) = (begun.elapsed().as_secs_f64(), bytes(&to) as f64 / 1e6);
        println!("{name:<28} {took:>8.2} s {size:>8.2} MB");
        if format == Format::Mp4 {
            length = seconds(&to.join("film.vtt"));
            let film = to.join("film.mp4");
            report(length, took, film.metadata().unwrap().len());
            decode(&film);
        }
    }
    match with_ffmpeg(&story, folder.path(), length) {
        Some((took, size)) => {
            println!("ffmpeg, the pages alone");
            report(length, took, size);
        }
        None => println!("ffmpeg with libx264 is not there: nothing to compare with"),
    }
}

fn report(length: f64, took: f64, size: u64) {
    let (speed, a_minute) = (length / took, size as f64 / 1e6 / length * 60.0);
    let met = |met: bool| if met { "met" } else { "MISSED" };
    println!("  {length:.1} s of film");
    println!("  {speed:.1} s of film per second of work   aim > {SPEED_AIM}: {}", met(speed > SPEED_AIM));
    println!("  {a_minute:.2} MB a minute                   aim < {SIZE_AIM}: {}", met(a_minute < SIZE_AIM));
}

/// What ffmpeg says of the film, decoding all of it.
fn decode(film: &Path) {
    let Ok(output) = Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(film).args(["-f", "null", "-"]).output() else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "ffmpeg does not take the film: {said}");
    println!("  ffmpeg decodes it without a word");
    let mut probe = Command::new("ffprobe");
    probe.args([
        "-v",
        "error",
        "-count_frames",
        "-show_entries",
        "stream=codec_name,profile,width,height,nb_read_frames",
        "-of",
        "csv=p=0",
    ]);
    let output = probe.arg(film).output().unwrap();
    println!("  ffprobe: {}", String::from_utf8_lossy(&output.stdout).trim());
}

/// How long the film is: when its last caption ends.
fn seconds(captions: &Path) -> f64 {
    let text = std::fs::read_to_string(captions).unwrap();
    let (_, end) = text.lines().rev().find_map(|line| line.split_once(" --> ")).unwrap();
    end.split(' ').next().unwrap().split(':').fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().unwrap())
}

/// What lies in a folder.
fn bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { bytes(&path) } else { path.metadata().unwrap().len() }).sum()
}

/// Seconds of work and bytes, when ffmpeg shows each picture for its share of the length.
fn with_ffmpeg(story: &Story, folder: &Path, length: f64) -> Option<(f64, u64)> {
    let each = length / story.scenes.len() as f64;
    let mut list = String::new();
    for scene in &story.scenes {
        let file = scene.still.run.join(&scene.still.file).canonicalize().unwrap();
        let _ = writeln!(list, "file '{}'\nduration {each:.3}", file.display());
    }
    let (names, film) = (folder.join("pages.txt"), folder.join("pages.mp4"));
    std::fs::write(&names, list).unwrap();
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-f", "concat", "-safe", "0", "-i"]).arg(names);
    command.args(["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-r", "25", "-c:v", "libx264", "-crf", "20", "-pix_fmt", "yuv420p"]);
    let begun = Instant::now();
    let status = command.arg(&film).stdin(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    status.success().then(|| (begun.elapsed().as_secs_f64(), film.metadata().unwrap().len()))
}

/// Pages with a heading, lines and a form, each with something to press.
fn drawn(run: &Path) -> Story {
    let scenes = (1..=PAGES).map(|number| {
        let mark = Mark { x: f64::from(number * 211 % 1100), y: f64::from(120 + number * 97 % 600), width: 120.0, height: 34.0 };
        Scene {
            number,
            chapter: (number % 8 == 1).then(|| ("2.2".to_owned(), Message::new("CA 证书绑定", "Bind the certificate"))),
            title: Message::new("核对证书持有人之后，点击「确认申请」", "Compare the holder, then press confirm"),
            still: page(run, number, &mark),
            after: None,
            marks: vec![mark],
            press: true,
            person: number % 5 == 0,
            irreversible: number == PAGES,
        }
    });
    Story {
        title: Message::new("诚信库入库流程", "Onboarding"),
        training: true,
        finished: true,
        chart: None,
        scenes: scenes.collect(),
    }
}

fn page(run: &Path, number: u32, mark: &Mark) -> Still {
    let (width, height) = (1280, 800);
    let mut page = image::RgbImage::from_pixel(width, height, image::Rgb([250, 251, 252]));
    let mut fill = |x: u32, y: u32, wide: u32, tall: u32, rgb: [u8; 3]| {
        let places = (y..(y + tall).min(height)).flat_map(|y| (x..(x + wide).min(width)).map(move |x| (x, y)));
        places.for_each(|(x, y)| page.put_pixel(x, y, image::Rgb(rgb)));
    };
    fill(0, 0, width, 70, [27, 95, (number * 40 % 200) as u8]);
    for line in 0..26 {
        // Strokes as of letters.
        for letter in 0..(20 + line * number * 7 % 50) {
            let (x, y) = (60 + letter * 16, 100 + line * 26);
            fill(x, y, 11, 2, [60, 66, 80]);
            fill(x + letter % 9, y, 2, 14, [60, 66, 80]);
            fill(x, y + 6 + letter % 7, 12, 1, [60, 66, 80]);
        }
    }
    fill(mark.x as u32, mark.y as u32, 120, 34, [64, 128, 220]);
    let mut bytes = Vec::new();
    page.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    let file = PathBuf::from(format!("{number}.png"));
    std::fs::write(run.join(&file), &bytes).unwrap();
    let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&bytes));
    Still { run: run.to_owned(), file: file.display().to_string(), sha256, width, height }
}

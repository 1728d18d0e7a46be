//! Films and animations, looked at as a player does: what comes out is decoded again.

mod made;
mod player;

use std::collections::BTreeSet;

use self::made::{Made, SIZE};
use self::player::{Shown, faults};
use super::frame::{Frame, Set};
use super::timeline::{Pace, Timeline, What, evenly};
use super::{MOST, film, gif};
use crate::base::{FaultKind, Lang};
use crate::guide::making::Making;
use crate::guide::painter::{self, Painter};
use crate::guide::story::{Mark, Story};
use crate::guide::write::Format;

const LANGUAGES: [Lang; 2] = [Lang::Zh, Lang::En];

fn timeline(story: &Story, lang: Lang) -> (Frame, Timeline) {
    let frame = Frame::of(story, MOST);
    let timeline = Timeline::of(story, &frame, lang, &Pace::FILM);
    (frame, timeline)
}

fn set<'s>(made: &'s Made, frame: Frame, lang: Lang, painter: &'s Painter, making: &'s Making<'s>) -> Set<'s> {
    Set { story: &made.story, frame, lang, painter, demo: made.story.demo().get(lang).into(), making, format: Format::Mp4 }
}

#[test]
fn a_timeline_has_every_scene_in_order_and_no_gap() {
    let made = Made::new();
    for (lang, pace) in [(Lang::Zh, Pace::FILM), (Lang::En, Pace::FILM), (Lang::Zh, Pace::BRISK)] {
        let frame = Frame::of(&made.story, MOST);
        let timeline = Timeline::of(&made.story, &frame, lang, &pace);
        let mut next = 0;
        for span in &timeline.spans {
            assert!(span.start == next && span.frames > 0, "{span:?} after {next}");
            next = span.start + span.frames;
        }
        assert_eq!(next, timeline.frames());
        let order: Vec<usize> = timeline.spans.iter().map(|span| span.scene).collect();
        assert!(order.is_sorted() && order.iter().collect::<BTreeSet<_>>().len() == made.story.scenes.len(), "{order:?}");
        for (index, scene) in made.story.scenes.iter().enumerate() {
            let (start, end) = timeline.caption(index);
            let (seconds, letters) = (f64::from(end - start) / f64::from(pace.fps), scene.title.get(lang).chars().count());
            assert!(seconds >= 1.0, "{index}: {seconds} s");
            if pace.fps == Pace::FILM.fps {
                let rate = if lang == Lang::Zh { 6.0 } else { 18.0 };
                assert!(seconds >= letters as f64 / rate - 0.05, "{index}: {letters} letters in {seconds} s");
            }
            let (card, named) = timeline.card(index);
            assert_eq!(named > card, scene.chapter.is_some(), "{index}");
            assert!(scene.chapter.is_none() || named == start, "{index}: the name of the chapter comes first");
            let pressed = timeline.spans.iter().filter(|span| span.scene == index && matches!(span.what, What::Press { .. }));
            assert_eq!(pressed.count(), usize::from(scene.press && !scene.marks.is_empty()), "{index}");
        }
    }
}

#[test]
fn the_pointer_stands_on_the_middle_before_it_presses_and_never_jumps() {
    let made = Made::new();
    let (frame, timeline) = timeline(&made.story, Lang::Zh);
    let mut presses = 0;
    let mut last = frame.start();
    for pair in timeline.spans.windows(2) {
        for index in 0..pair[0].frames {
            let Some(at) = pair[0].pointer(index) else { continue };
            let far = (at.0 - last.0).hypot(at.1 - last.1);
            assert!(far < f64::from(frame.width) / 6.0, "{:?}: {far} pixels in a frame", pair[0]);
            last = at;
        }
        if let What::Press { at } = pair[1].what {
            let scene = &made.story.scenes[pair[1].scene];
            assert_eq!(at, frame.of_still(&scene.still).at(scene.marks[0].middle()));
            assert!(matches!(pair[0].what, What::Stand { at: stood, after: false } if stood == at) && pair[0].frames >= 5);
            assert_eq!(pair[1].pointer(0), Some(at));
            presses += 1;
        }
    }
    assert_eq!(presses, made.story.scenes.iter().filter(|scene| scene.press).count());
    assert_eq!(evenly(&[1, 2, 3, 4, 5], 3), [&1, &3, &5]);
    assert_eq!(evenly(&[1, 2], 3), [&1, &2]);
}

#[test]
fn a_frame_is_even_and_has_room_for_every_still() {
    let mut story = Made::new().story;
    (story.scenes[0].still.width, story.scenes[0].still.height) = (1281, 777);
    let small = story.scenes[1].still.clone();
    let whole = Frame::of(&story, MOST);
    assert!(whole.width == 1282 && whole.height.is_multiple_of(2) && whole.height > 778 + 60, "{whole:?}");
    let fit = whole.of_still(&small);
    assert_eq!((fit.scale, fit.at((0.0, 0.0))), (1.0, (241.0, 139.0)), "in the middle, as large as it was");
    let part = Frame::of(&story, (800, 800));
    let fit = part.of_still(&story.scenes[0].still);
    assert!(part.width == 800 && part.height < 600, "{part:?}");
    let (right, bottom) = fit.at((1281.0, 777.0));
    assert!((right - 800.0).abs() < 0.01 && bottom < f64::from(part.height - 40), "{right} {bottom}");
    story.scenes.iter_mut().for_each(|scene| {
        (scene.still.width, scene.still.height, scene.after) = (301, 201, None);
    });
    assert_eq!(Frame::of(&story, MOST).width, 640, "captions need room");
}

#[test]
fn a_film_shows_what_its_timeline_says() {
    let made = Made::new();
    let painter = Painter::new().unwrap();
    let quiet = Making::quiet();
    for lang in LANGUAGES {
        let (frame, timeline) = timeline(&made.story, lang);
        let film = film(&made.story, lang, &painter, &quiet).unwrap();
        let shown = Shown::decode(&film.mp4);
        let set = set(&made, frame, lang, &painter, &quiet);
        assert_eq!(faults(&shown, &set, &timeline), Vec::<String>::new());
        let megabytes_a_minute = film.mp4.len() as f64 / 1e6 / timeline.seconds() * 60.0;
        assert!(megabytes_a_minute < 2.0, "{megabytes_a_minute} MB a minute");
        assert!(film.mp4.windows(4).position(|name| name == b"moov") < film.mp4.windows(4).position(|name| name == b"mdat"));
        // At the press the pointer is on its place, and nowhere in the frame before the pointer has moved there.
        for span in timeline.spans.iter().filter(|span| matches!(span.what, What::Press { .. })) {
            let What::Press { at } = span.what else { continue };
            let page = set.page(span.scene, false).unwrap();
            let pressed = shown.frames[span.start as usize].differs(&page, at, 40.0);
            assert!(pressed > 200, "scene {}: {pressed} pixels of a pointer at {at:?}", span.scene);
            let far = (if at.0 > 320.0 { at.0 - 240.0 } else { at.0 + 240.0 }, at.1);
            let elsewhere = shown.frames[span.start as usize].differs(&page, far, 40.0);
            assert!(elsewhere < 20, "scene {}: {elsewhere} pixels where nothing is", span.scene);
        }
    }
}

#[test]
fn a_film_that_is_black_empty_short_or_of_another_size_is_found() {
    let made = Made::new();
    let painter = Painter::new().unwrap();
    let (frame, timeline) = timeline(&made.story, Lang::Zh);
    let quiet = Making::quiet();
    let set = set(&made, frame, Lang::Zh, &painter, &quiet);
    let good = Shown::painted(&set, &timeline);
    assert_eq!(faults(&good, &set, &timeline), Vec::<String>::new());
    let found = |shown: Shown, word: &str| {
        let faults = faults(&shown, &set, &timeline);
        assert!(faults.iter().any(|fault| fault.contains(word)), "{word}: {faults:?}");
    };
    found(good.with_one(7, |frame| frame.y.fill(16)), "black");
    found(good.with_one(7, |frame| frame.y.fill(200)), "empty");
    found(good.with_one(7, |frame| frame.y.rotate_left(40)), "watermark");
    let last = good.frames.len() - 1;
    found(good.with_one(last, |frame| frame.y[200 * SIZE.0 as usize..][..16000].fill(90)), "another picture");
    found(Shown { frames: good.frames[1..].to_vec() }, "frames");
    found(Shown { frames: Vec::new() }, "frames");
    found(good.with_one(7, |frame| frame.width -= 2), "size");
}

#[test]
fn captions_cover_the_film_and_chapters_all_of_it() {
    let made = Made::new();
    for lang in LANGUAGES {
        let (_, timeline) = timeline(&made.story, lang);
        let end = timeline.seconds();
        let captions = player::cues(&super::vtt::captions(&made.story, &timeline, lang));
        let chapters = player::cues(&super::vtt::chapters(&made.story, &timeline, lang));
        for (cues, count) in [(&captions, made.story.scenes.len() + 2), (&chapters, 2)] {
            assert_eq!(cues.len(), count, "{cues:?}");
            let mut next = 0.0;
            for (start, until, words) in cues {
                assert!(*start == next && *until >= start + 1.0 && !words.is_empty(), "{start} {until} {words}");
                next = *until;
            }
            assert!((next - end).abs() < 0.002, "{next} of {end}");
        }
        let person = if lang == Lang::Zh { "由本人操作" } else { "by the person" };
        assert!(captions.iter().any(|(.., words)| words.contains(person)));
        assert!(captions.iter().any(|(.., words)| words.contains("&lt;") && !words.contains('<')), "{captions:?}");
    }
}

#[test]
fn an_animation_shows_what_its_timeline_says() {
    let made = Made::new();
    let painter = Painter::new().unwrap();
    let quiet = Making::quiet();
    for lang in LANGUAGES {
        let frame = Frame::of(&made.story, gif::MOST);
        let timeline = Timeline::of(&made.story, &frame, lang, &Pace::BRISK);
        let set = set(&made, frame, lang, &painter, &quiet);
        let played = player::gif(&gif::gif(&made.story, lang, &painter, &quiet).unwrap());
        assert!((played.seconds - timeline.seconds()).abs() < 0.01, "{} of {} s", played.seconds, timeline.seconds());
        let (expected, shown) = (player::pieces(&set, &timeline), played.frames);
        assert_eq!(player::other_pictures(&shown, &expected), Vec::<String>::new());
        // A page that stays, and one without its pointer, are found.
        let mut stale = shown.clone();
        stale[3] = shown[0].clone();
        let place = 200 * usize::from(played.width);
        let mut marked = shown.clone();
        marked[3].y[place..place + 16000].fill(90);
        for wrong in [stale, marked, shown[1..].to_vec()] {
            assert_ne!(player::other_pictures(&wrong, &expected), Vec::<String>::new());
        }
    }
}

#[test]
fn what_is_not_wanted_any_more_is_not_made() {
    use tokio_util::sync::CancellationToken;
    let made = Made::new();
    for (format, name) in [(Format::Html, "page"), (Format::Png, "pictures"), (Format::Mp4, "film"), (Format::Gif, "gif")] {
        let cancel = CancellationToken::new();
        let folder = tempfile::tempdir().unwrap();
        let tell = |told, done, of| {
            assert!(told == format && done < of, "{name}: {done} of {of}");
            // In the middle: something is there already.
            if done > 0 {
                cancel.cancel();
            }
        };
        let making = Making::new(cancel.clone(), &tell);
        let fault = crate::guide::write(&made.story, &[format], &folder.path().join(name), Lang::Zh, &making).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Stopped, "{name}: {fault}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{name}: something is left");
    }
}

#[test]
fn a_watermark_that_must_cover_something_covers_least() {
    use crate::guide::annotated;
    let mut story = Made::new().story;
    // Four places take all corners and both middles; the fifth leaves a strip at the right bottom.
    let mark = |x: f64, y: f64, width: f64, height: f64| Mark { x, y, width, height };
    story.scenes[2].marks = vec![mark(0.0, 0.0, 800.0, 120.0), mark(0.0, 380.0, 560.0, 120.0), mark(560.0, 380.0, 240.0, 90.0)];
    let place = annotated::watermark(&story, &story.scenes[2], Lang::Zh);
    let right_bottom = place.x + place.width > 780.0 && place.y + place.height > 480.0;
    assert!(right_bottom, "{place:?}");
}

#[test]
fn an_animation_keeps_to_its_budget() {
    let made = Made::new();
    let painter = Painter::new().unwrap();
    let bytes = gif::gif(&made.story, Lang::Zh, &painter, &Making::quiet()).unwrap();
    let whole = player::gif(&bytes);
    assert!(bytes.len() <= gif::BYTES && whole.seconds <= gif::SECONDS, "{} bytes, {} s", bytes.len(), whole.seconds);
    assert!(whole.seconds >= made.story.scenes.len() as f64, "{} s", whole.seconds);
    assert!(whole.width == 800 && whole.colours <= gif::COLOURS, "{} wide, {} colours", whole.width, whole.colours);
    // Steps that cannot be taken back are the last to be left out.
    let part = gif::chosen(&made.story, 2);
    assert!(part.scenes.len() == 2 && part.scenes.iter().any(|scene| scene.irreversible), "{part:?}");
    assert!(part.scenes.iter().all(|scene| !scene.marks.is_empty()) && part.scenes[0].chapter.is_some());
    let small = gif::within(&made.story, Lang::Zh, &painter, &Making::quiet(), bytes.len() / 2).unwrap();
    assert!(small.len() <= bytes.len() / 2 && player::gif(&small).seconds < whole.seconds);
    let fault = gif::within(&made.story, Lang::En, &painter, &Making::quiet(), 2000).unwrap_err();
    assert!(fault.kind == FaultKind::Refused && fault.message.zh.contains("--to mp4"), "{fault}");
}

#[test]
fn an_annotated_picture_is_the_still_but_for_what_is_drawn() {
    use crate::guide::{annotated, marks};
    let made = Made::new();
    let painter = Painter::new().unwrap();
    for (lang, scene) in LANGUAGES.into_iter().flat_map(|lang| made.story.scenes.iter().map(move |scene| (lang, scene))) {
        let png = annotated::png(&made.story, scene, lang, &painter).unwrap();
        let (drawn, still) = (painter::Pixmap::decode_png(&png).unwrap(), painter::pixels(&scene.still).unwrap());
        assert_eq!((drawn.width(), drawn.height()), SIZE);
        let watermark = annotated::watermark(&made.story, scene, lang);
        assert!(scene.marks.iter().all(|mark| marks::apart(&watermark, mark)), "{watermark:?}");
        let mut places = marks::places(scene, lang);
        let drawn_at = places.clone();
        places.push(watermark);
        // The line between box and callout.
        let near = |x: f64, y: f64| {
            places.iter().any(|place| {
                let by = if *place == watermark { 1.0 } else { 30.0 };
                x >= place.x - by && y >= place.y - by && x < place.x + place.width + by && y < place.y + place.height + by
            })
        };
        let mut inside = vec![0; drawn_at.len() + 1];
        for (index, (own, other)) in drawn.pixels().iter().zip(still.pixels()).enumerate() {
            if own == other {
                continue;
            }
            let (x, y) = ((index as u32 % SIZE.0) as f64, (index as u32 / SIZE.0) as f64);
            assert!(near(x, y), "{x} {y} of scene {}", scene.number);
            for (place, count) in places.iter().zip(&mut inside) {
                *count += u32::from(x >= place.x && y >= place.y && x < place.x + place.width && y < place.y + place.height);
            }
        }
        assert!(inside.iter().all(|count| *count > 100), "something was not drawn: {inside:?}");
    }
}

//! Frames into a film: H.264 in MP4, with what a player needs first in front. The one place that knows the encoder and the muxer.
//!
//! Never leaves a frame out: one that the encoder gave nothing for is a fault.

use muxide::api::{Metadata, Muxer, MuxerBuilder, VideoCodec};
use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, IntraFramePeriod, QpRange, RateControlMode, UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;

use super::yuv::Yuv;
use crate::base::{Fault, FaultKind};
use crate::say;

/// One can go to each tenth second at once.
const SECONDS_BETWEEN_WHOLE_FRAMES: u32 = 10;

/// A film in the making.
pub(super) struct Recorder {
    encoder: Encoder,
    muxer: Muxer<Vec<u8>>,
    fps: u32,
    frames: u32,
}

impl Recorder {
    /// A film of that many frames a second, with its name and language (ISO 639-2) in it.
    ///
    /// # Errors
    /// [`FaultKind::Io`].
    pub(super) fn new((width, height): (u32, u32), fps: u32, title: &str, language: &str) -> Result<Recorder, Fault> {
        let config = EncoderConfig::new()
            // That for screens is four times as slow, and leaves specks of what was there before.
            .usage_type(UsageType::CameraVideoRealTime)
            // One quality for all frames: letters stay sharp, and what stands still costs nearly nothing. Never leaves frames out.
            .rate_control_mode(RateControlMode::Bufferbased)
            .bitrate(BitRate::from_bps(6_000_000))
            .qp(QpRange::new(22, 24))
            .max_frame_rate(FrameRate::from_hz(fps as f32))
            .skip_frames(false)
            .scene_change_detect(false)
            .adaptive_quantization(false)
            .background_detection(false)
            .complexity(Complexity::Low)
            .intra_frame_period(IntraFramePeriod::from_num_frames(SECONDS_BETWEEN_WHOLE_FRAMES * fps))
            .vui(VuiConfig::bt709());
        let encoder = Encoder::with_api_config(OpenH264API::from_source(), config).map_err(|error| failed(&error))?;
        let muxer = MuxerBuilder::new(Vec::new())
            .video(VideoCodec::H264, width, height, f64::from(fps))
            .with_metadata(Metadata::new().with_title(title).with_language(language))
            .with_fast_start(true)
            .build()
            .map_err(|error| failed(&error))?;
        Ok(Recorder { encoder, muxer, fps, frames: 0 })
    }

    /// Shows a picture for some frames; with `whole` one can go there at once.
    ///
    /// # Errors
    /// [`FaultKind::Io`].
    pub(super) fn show(&mut self, yuv: &Yuv, whole: bool, frames: u32) -> Result<(), Fault> {
        let (width, height) = (yuv.width, yuv.height);
        let picture = YUVSlices::new((&yuv.y, &yuv.u, &yuv.v), (width, height), (width, width / 2, width / 2));
        for frame in 0..frames {
            // The first one is whole anyway, and an encoder that has seen none cannot be asked.
            if whole && frame == 0 && self.frames > 0 {
                self.encoder.force_intra_frame();
            }
            let coded = self.encoder.encode(&picture).map_err(|error| failed(&error))?;
            let (bytes, kind) = (coded.to_vec(), coded.frame_type());
            let key = matches!(kind, openh264::encoder::FrameType::IDR);
            let at = f64::from(self.frames) / f64::from(self.fps);
            self.muxer.write_video(at, &bytes, key).map_err(|error| failed(&error))?;
            self.frames += 1;
        }
        Ok(())
    }

    /// The film as a file.
    ///
    /// # Errors
    /// [`FaultKind::Io`].
    pub(super) fn finish(mut self) -> Result<Vec<u8>, Fault> {
        self.muxer.finish_in_place().map_err(|error| failed(&error))?;
        Ok(self.muxer.into_writer())
    }
}

fn failed(why: &dyn std::fmt::Display) -> Fault {
    Fault::new(FaultKind::Io, say!("影片生成失败（{why}）。请联系支持人员。", "the film could not be made ({why}); ask support"))
}

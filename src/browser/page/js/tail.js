globalThis.ruku = {
  of: document, outbox,
  frames, probe, seen, ready, showFrame, frameHit, arm, verdict, takeFocus, setValue, leave, valueOf, isChecked, choose, catchUp, placeMasks,
  sameMasks, liftMasks, caption,
};

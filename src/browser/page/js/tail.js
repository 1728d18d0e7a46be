globalThis.ruku = {
  frames, probe, seen, ready, showFrame, frameHit, arm, verdict, takeFocus, setValue, leave, valueOf, isChecked, choose, connect, placeMasks,
  sameMasks, liftMasks,
};

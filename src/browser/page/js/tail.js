globalThis.ruku = {
  of: document, outbox,
  frames, probe, seen, ready, showFrame, frameHit, arm, verdict, takeFocus, setValue, leave, valueOf, isChecked, fileField, listStep, listState, drawnBox, catchUp, placeMasks,
  sameMasks, liftMasks, caption,
};

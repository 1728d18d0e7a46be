globalThis.ruku = {
  of: document, outbox, frames, whose, probe, seen, ready, showFrame, frameHit, arm, verdict, takeFocus, setValue, leave, valueOf, isChecked,
  tickFace, fileField, settled, stillFor, listStep, listState, fieldValue, drawnBox, dateStep, dateField, gridCell, cellEditor, catchUp, placeMasks, takeMasks, liftMasks,
  learnRoots, caption,
};

// A window keeps its script world when its first, empty document gives way to one of the same origin: the world is known, the
// document is not.
if (globalThis.ruku?.of === document) return;
outbox ??= globalThis.ruku?.outbox;

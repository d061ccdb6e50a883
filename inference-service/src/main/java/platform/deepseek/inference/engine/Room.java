package platform.deepseek.inference.engine;

/** What a step has left when those that run have their share. */
enum Room {
  /** Waiting sequences may be admitted. */
  OPEN,
  /** All for those that run: one lost its slot, or one in the middle of its prompt sits out. */
  CLOSED,
  /** Not enough for those that run, as long as steps are under way. */
  SHORT
}

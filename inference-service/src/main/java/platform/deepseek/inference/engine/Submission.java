package platform.deepseek.inference.engine;

/** A request the engine has taken. */
public interface Submission {

  /**
   * Ends the request within one step; its last event is Finished(CANCELLED). Does nothing when it
   * has ended already. May be called from any thread.
   */
  void cancel();
}

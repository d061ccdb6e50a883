package platform.deepseek.inference.text.answer;

/**
 * Reads one call of a tool, a character at a time, from behind the marker that opens it. It says as
 * early as possible whether this is a call at all.
 */
interface CallReader {

  /** Where the reader stands after a character. */
  enum Progress {
    /** It may be a call: everything read must be kept. */
    UNDECIDED,
    /** It is a call, of {@link #name()}, and goes on. */
    CALL,
    /** The call ended with this character. */
    ENDED,
    /** The call broke off in front of this character, which is not part of it. */
    BROKEN,
    /** It is text that looked like a call; all that was read goes back. */
    NO_CALL
  }

  /** Not called again after ENDED, BROKEN or NO_CALL. */
  Progress accept(char c);

  /** The tool that is called; known from CALL on. */
  String name();

  /** The JSON text of the arguments that was read since the last time. */
  String takeArguments();
}

package platform.deepseek.inference.api.stream;

import java.util.List;

/** A part of an answer that is certain, with the tokens that begin in it where they were asked. */
public sealed interface Piece {

  /** What the answer says. */
  record Text(String text, List<ScoredToken> scores) implements Piece {}

  /** What the model thinks before it answers. */
  record Reasoning(String text, List<ScoredToken> scores) implements Piece {}

  /**
   * The model begins to call a tool.
   *
   * @param call its place among the answer's calls, from 0
   * @param id by which the tool's result will name it
   */
  record CallStarted(int call, String id, String name) implements Piece {}

  /** More of the JSON text of a call's arguments. */
  record CallArguments(int call, String text) implements Piece {}

  record CallEnded(int call) implements Piece {}
}

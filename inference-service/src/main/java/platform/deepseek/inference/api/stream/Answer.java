package platform.deepseek.inference.api.stream;

import java.util.List;

/** A choice with everything it said, for an answer in one body. */
public record Answer(String text, List<ScoredToken> scores, Ending ending) {}

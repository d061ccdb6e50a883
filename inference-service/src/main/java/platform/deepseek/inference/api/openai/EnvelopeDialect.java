package platform.deepseek.inference.api.openai;

import io.vertx.core.buffer.Buffer;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.error.ErrorStyle;
import platform.deepseek.inference.api.stream.Dialect;
import platform.deepseek.inference.api.stream.TokenCount;

/** What streams of chats and of completions have in common: how they end, fail and wait. */
abstract class EnvelopeDialect implements Dialect {

  final Envelope envelope;

  /** What ends a chunk after its last choice. */
  final String chunkEnd;

  private final boolean includeUsage;
  private final Surface surface;

  EnvelopeDialect(Envelope envelope, boolean includeUsage, Surface surface) {
    this.envelope = envelope;
    this.includeUsage = includeUsage;
    this.surface = surface;
    this.chunkEnd = includeUsage ? "}],\"usage\":null}\n\n" : "}]}\n\n";
  }

  @Override
  public final Buffer closing(TokenCount count) {
    return includeUsage ? envelope.usageAndDone(count) : Envelope.done();
  }

  @Override
  public final Buffer failure(ApiException failure) {
    return OpenAiErrors.event(failure, surface.errors);
  }

  @Override
  public final Buffer keepAlive() {
    return Envelope.comment();
  }

  @Override
  public final ErrorStyle errors() {
    return surface.errors;
  }

  @Override
  public final boolean endsShort() {
    return surface.deepSeek();
  }
}

package platform.deepseek.inference.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import platform.deepseek.inference.fetch.FetchFailure.Kind;

/**
 * One file, from wherever an earlier try has left it.
 *
 * <p>Bytes are appended to a part beside the target. A broken connection is taken up where the part
 * ends, by a range; that the rest is of the same content is asked for with If-Range and, where the
 * source publishes digests, proven in the end: a part that cannot be one is thrown away once and
 * fetched anew. Tries are counted only as long as they bring nothing, so a line that breaks every
 * minute gets through and one that is dead does not hold a Job for hours. A connection on which
 * nothing arrives is broken by {@link Watchdog}: the client has no time limit for bodies.
 *
 * <p>The digest is computed of the file as it lies on the disk, not of what went by: what earlier
 * tries wrote has to be read anyway, and the disk is what the engine will read.
 */
final class FileTransfer {

  private static final int MOST_VAIN_TRIES = 8;
  private static final int MOST_DIGEST_TRIES = 2;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final int BUFFER = 1 << 20;

  private final RemoteFile file;
  private final Path part;
  private final Path version;
  private final Http http;
  private final Progress progress;

  FileTransfer(RemoteFile file, Journal journal, Http http, Progress progress) {
    this.file = file;
    this.part = journal.part(file);
    this.version = journal.version(file);
    this.http = http;
    this.progress = progress;
  }

  /** Fetches what is missing and gives the digest of the whole. */
  String sha256() throws IOException, InterruptedException, FetchFailure {
    for (int tries = 1; ; tries++) {
      untilComplete();
      var sha256 = Sha256.of(part);
      if (file.sha256().map(sha256::equals).orElse(true)) {
        return sha256;
      }
      restart();
      if (tries == MOST_DIGEST_TRIES) {
        throw new FetchFailure(
            Kind.DIGEST_MISMATCH,
            "%s has the digest sha256:%s, and the source says sha256:%s"
                .formatted(file.name(), sha256, file.sha256().orElseThrow()));
      }
    }
  }

  private void untilComplete() throws IOException, InterruptedException, FetchFailure {
    int vain = 0;
    for (var have = size(); have != file.size() || !Files.exists(part); have = size()) {
      try {
        attempt(have);
        vain = 0;
      } catch (IOException e) {
        if (isFull(e)) {
          throw new FetchFailure(
              Kind.NO_SPACE, "the volume is full: raise cache.volume.size (%s)".formatted(e));
        }
        vain = size() > have ? 1 : vain + 1;
        if (vain >= MOST_VAIN_TRIES) {
          throw new FetchFailure(
              Kind.UNREACHABLE,
              "%s: %d tries brought nothing, the last one because of %s"
                  .formatted(file.name(), vain, e.getMessage()));
        }
        progress.tell(
            "%s: %s; it goes on at byte %d".formatted(file.name(), e.getMessage(), size()));
        Thread.sleep(pause(vain));
      }
    }
  }

  private static Duration pause(int vain) {
    var pause = FIRST_PAUSE.multipliedBy(1L << Math.min(vain - 1, 10));
    return pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
  }

  private static boolean isFull(IOException e) {
    return e.getMessage() != null
        && (e.getMessage().contains("No space left") || e.getMessage().contains("quota exceeded"));
  }

  private void attempt(long have) throws IOException, FetchFailure {
    if (have > file.size()) {
      restart();
      return;
    }
    var headers = new HashMap<>(Map.of("Accept-Encoding", "identity"));
    if (have > 0) {
      headers.put("Range", "bytes=" + have + "-");
      if (Files.exists(version)) {
        headers.put("If-Range", Files.readString(version));
      }
    }
    var answer = http.get(file.uri(), headers);
    try (var body = answer.body()) {
      switch (answer.statusCode()) {
        case 200 -> {
          restart();
          remember(answer);
          append(body);
        }
        case 206 -> {
          if (!continues(answer, have)) {
            restart();
            throw new IOException("the source answered with another range");
          }
          append(body);
        }
        case 416 -> {
          restart();
          throw new IOException("the source has no such range");
        }
        default -> throw Source.refusal(answer);
      }
    }
  }

  private static boolean continues(HttpResponse<InputStream> answer, long have) {
    return answer
        .headers()
        .firstValue("Content-Range")
        .map(range -> range.startsWith("bytes " + have + "-"))
        .orElse(false);
  }

  /** Only a strong tag says that bytes are the same. */
  private void remember(HttpResponse<InputStream> answer) throws IOException {
    var tag = answer.headers().firstValue("ETag").filter(it -> it.startsWith("\""));
    if (tag.isPresent()) {
      Files.writeString(version, tag.get());
    }
  }

  private void append(InputStream body) throws IOException, FetchFailure {
    long whole = size();
    try (var channel =
            FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        var watchdog = progress.watch(body)) {
      var buffer = new byte[BUFFER];
      for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
        whole += n;
        if (whole > file.size()) {
          throw tooLong();
        }
        var bytes = ByteBuffer.wrap(buffer, 0, n);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        watchdog.fed();
        progress.add(n);
      }
    }
    if (size() < file.size()) {
      throw new IOException("the source ended after %d of %d bytes".formatted(size(), file.size()));
    }
  }

  /** It has changed since it was listed: fetched anew it would be too long again. */
  private FetchFailure tooLong() throws IOException {
    restart();
    return new FetchFailure(
        Kind.UNREACHABLE,
        "%s: the source sends more than the %d bytes that it announced; start the fetch again"
            .formatted(file.name(), file.size()));
  }

  private void restart() throws IOException {
    progress.add(-size());
    Files.deleteIfExists(part);
    Files.deleteIfExists(version);
  }

  private long size() throws IOException {
    return Files.exists(part) ? Files.size(part) : 0;
  }
}

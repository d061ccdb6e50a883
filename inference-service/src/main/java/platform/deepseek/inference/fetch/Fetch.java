package platform.deepseek.inference.fetch;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import platform.deepseek.inference.fetch.FetchFailure.Kind;

/**
 * All files of a source into a folder.
 *
 * @param digest what {@link Sha256#ofFolder} has to give, if anything is asked for
 */
record Fetch(Source source, Path target, Optional<String> digest, PrintStream out) {

  /** One connection seldom fills a line; more than these fill no disk. */
  private static final int CONNECTIONS = 4;

  private static final int MOST_LISTINGS = 6;
  private static final Duration BETWEEN_LISTINGS = Duration.ofSeconds(2);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Gives the report of the contract. Where all is there already, nobody is asked. */
  String run() throws IOException, InterruptedException, FetchFailure {
    var journal = new Journal(target);
    // Pods of one node may share the folder: one fetches, the others wait and find it done.
    try (var channel =
            FileChannel.open(journal.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var http = new Http(source.credentials())) {
      var lock = channel.lock();
      var before = journal.report();
      if (before.isPresent() && lock.isValid()) {
        return before.get();
      }
      var listing = listing(http);
      for (var file : listing.files()) {
        Names.inside(target, file.name());
      }
      journal.open(listing.identity());
      transfer(listing, journal, http);
      var report = report(listing, journal);
      journal.complete(report);
      return report;
    }
  }

  private Listing listing(Http http) throws IOException, InterruptedException, FetchFailure {
    for (int tries = 1; ; tries++) {
      try {
        return source.list(http);
      } catch (IOException e) {
        if (tries == MOST_LISTINGS) {
          throw new FetchFailure(
              Kind.UNREACHABLE,
              "the source did not answer %d times, at last because of %s".formatted(tries, e));
        }
        Thread.sleep(BETWEEN_LISTINGS.multipliedBy(tries));
      }
    }
  }

  private void transfer(Listing listing, Journal journal, Http http)
      throws IOException, InterruptedException, FetchFailure {
    var missing = new ArrayList<RemoteFile>();
    long there = 0;
    for (var file : listing.files()) {
      if (journal.whole().containsKey(file.name())) {
        there += file.size();
      } else {
        missing.add(file);
        var part = journal.part(file);
        there += Files.exists(part) ? Files.size(part) : 0;
      }
    }
    var room = Files.getFileStore(target).getUsableSpace();
    if (listing.bytes() - there > room) {
      throw new FetchFailure(
          Kind.NO_SPACE,
          "%d bytes are missing and the volume has room for %d: raise cache.volume.size"
              .formatted(listing.bytes() - there, room));
    }
    try (var progress = new Progress(out, listing.bytes(), there).start()) {
      inParallel(
          missing.stream()
              .<Callable<Void>>map(
                  file ->
                      () -> {
                        var sha256 = new FileTransfer(file, journal, http, progress).sha256();
                        journal.add(file, Names.inside(target, file.name()), sha256);
                        return null;
                      })
              .toList());
    }
  }

  /** The first failure ends the others. */
  private static void inParallel(List<Callable<Void>> transfers)
      throws IOException, InterruptedException, FetchFailure {
    var pool = Executors.newFixedThreadPool(CONNECTIONS, Thread.ofVirtual().factory());
    try {
      var running = new ExecutorCompletionService<Void>(pool);
      transfers.forEach(running::submit);
      for (int i = 0; i < transfers.size(); i++) {
        running.take().get();
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case FetchFailure failure -> throw failure;
        case IOException failure -> throw failure;
        default -> throw new IllegalStateException(e.getCause());
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private String report(Listing listing, Journal journal) throws IOException, FetchFailure {
    var sums = new LinkedHashMap<String, String>();
    listing.files().forEach(file -> sums.put(file.name(), journal.whole().get(file.name())));
    var found = "sha256:" + Sha256.ofFolder(sums);
    if (digest.isPresent() && !digest.get().equals(found)) {
      throw new FetchFailure(
          Kind.DIGEST_MISMATCH,
          "the files have the digest %s, and %s was asked for".formatted(found, digest.get()));
    }
    var report = new LinkedHashMap<String, Object>();
    if (!listing.revision().isEmpty()) {
      report.put("resolvedRevision", listing.revision());
    }
    report.put("digest", found);
    report.put("bytesTotal", listing.bytes());
    return JSON.writeValueAsString(report);
  }
}

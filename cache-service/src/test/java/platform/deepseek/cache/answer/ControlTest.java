package platform.deepseek.cache.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.cache.Await.soon;

import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.cache.key.KeyMaterial;
import platform.deepseek.cache.key.ModelIdentity;
import platform.deepseek.cache.key.Scope;

/** What a request says about caching is done. */
class ControlTest {

  private static final OptionalLong UNSAID = OptionalLong.empty();

  @TempDir Path folder;
  private Replica replica;

  @BeforeEach
  void start() {
    replica = Replica.Plan.in(folder).rocks().start();
  }

  @AfterEach
  void close() {
    replica.close();
  }

  @Test
  void anAnswerIsKeptForAsLongAsItsRequestSaysAndNoLongerThanAllowed() {
    long most = Duration.ofHours(1).toMillis();
    assertThat(life("usual", UNSAID)).isEqualTo(most);
    assertThat(life("longer", OptionalLong.of(10 * most))).isEqualTo(most);
    assertThat(life("shorter", OptionalLong.of(5_000))).isEqualTo(5_000);
  }

  private long life(String text, OptionalLong wanted) {
    Control control = new Control(true, true, UNSAID, wanted);
    return ((Outcome.Lead) lookup(text, control)).lease().lifeMillis();
  }

  @Test
  void anAnswerThatHasExpiredIsNotFoundInMemoryNorOnDisk() {
    Outcome.Lead lead =
        (Outcome.Lead) lookup("short", new Control(true, true, UNSAID, OptionalLong.of(1_500)));
    replica.cache.store(lead.lease(), Replica.answer("short"), 1).join();
    soon().until(() -> replica.lookup(request("short")) instanceof Outcome.Lead);
    replica.memory.remove(lead.key());
    assertThat(replica.lookup(request("short"))).isNotInstanceOf(Outcome.Hit.class);
  }

  @Test
  void anAnswerThatIsOlderThanTheRequestWantsIsComputed() {
    replica.fill("t", "old");
    long age = Duration.ofMinutes(1).toMillis();
    assertThat(lookup("old", new Control(true, true, OptionalLong.of(age), UNSAID)))
        .isInstanceOf(Outcome.Hit.class);
    soon()
        .until(
            () ->
                !(lookup("old", new Control(true, false, OptionalLong.of(5), UNSAID))
                    instanceof Outcome.Hit));
  }

  @Test
  void whoWantsAFreshAnswerComputesAndReplacesWhatIsKept() {
    replica.fill("t", "again");
    Outcome.Lead lead = (Outcome.Lead) lookup("again", new Control(false, true, UNSAID, UNSAID));
    replica.cache.store(lead.lease(), Replica.answer("new"), 1).join();
    assertThat(((Outcome.Hit) replica.lookup(request("again"))).entry().json())
        .isEqualTo(Replica.answer("new"));
  }

  @Test
  void whoWantsNothingKeptGetsWhatIsThereAndNoLease() {
    Control noStore = new Control(true, false, UNSAID, UNSAID);
    assertThat(lookup("unknown", noStore)).isInstanceOf(Outcome.Pass.class);
    replica.fill("t", "known");
    assertThat(lookup("known", noStore)).isInstanceOf(Outcome.Hit.class);
  }

  @Test
  void sharedAnswersAreThoseOfAllWhoShareAndOfNobodyElse() {
    Outcome.Lead lead = (Outcome.Lead) replica.lookup(shared("a", "common"));
    replica.cache.store(lead.lease(), Replica.answer("common"), 1).join();
    replica.memory.remove(lead.key());
    assertThat(((Outcome.Hit) replica.lookup(shared("b", "common"))).entry().json())
        .isEqualTo(Replica.answer("common"));
    assertThat(replica.lookup(Replica.request("b", "common"))).isInstanceOf(Outcome.Lead.class);
  }

  private static KeyMaterial shared(String tenant, String text) {
    KeyMaterial own = Replica.request(tenant, text);
    ModelIdentity model = own.model();
    return new KeyMaterial(tenant, own.salt(), Scope.SHARED, model, own.request());
  }

  private Outcome lookup(String text, Control control) {
    return replica.cache.lookup(request(text), control).join();
  }

  private static KeyMaterial request(String text) {
    return Replica.request("t", text);
  }
}

package platform.deepseek.auth.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.audit.AuditPage;

class AuditSearchTest {

  @Test
  void theNextPageIsOneOfTheSameSearch() {
    AuditSearch search = new AuditSearch();
    search.tenant = "acme & sons";
    search.action = "keys.*";
    search.limit = "20";
    AuditPage.Cursor cursor = new AuditPage.Cursor(Instant.EPOCH, "p", 7);
    assertThat(search.next(cursor))
        .isEqualTo("?tenant=acme+%26+sons&action=keys.*&limit=20&after=" + cursor.text());
  }
}

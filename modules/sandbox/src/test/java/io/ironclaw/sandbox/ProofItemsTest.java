package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.Assurance;
import io.ironclaw.api.ProofItem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An item of the proof without a test that sabotages it does not count. */
class ProofItemsTest {
  private static final String HEADING = "## The items of an isolation proof";

  /** What SPECIFICATION.md says of each item: its claim, and the tests. */
  private static Map<String, String[]> specified() throws IOException {
    var rows = new LinkedHashMap<String, String[]>();
    Path file = Path.of(System.getProperty("ironclaw.root"), "SPECIFICATION.md");
    boolean inside = false;
    for (var line : Files.readAllLines(file)) {
      if (line.startsWith("## ")) {
        inside = line.equals(HEADING);
      } else if (inside && line.startsWith("| ") && !line.startsWith("| promise")) {
        var cells = line.split("\\|", -1);
        var promise = cells[1].strip().split(": ", 2);
        rows.put(promise[0], new String[] {promise[1], cells[2].strip()});
      }
    }
    return rows;
  }

  @Test
  void each_item_is_specified_with_its_claim_and_a_test_that_sabotages_it() throws Exception {
    var rows = specified();
    assertThat(rows.keySet())
        .containsExactlyElementsOf(Arrays.stream(ProofItem.values()).map(ProofItem::text).toList());
    for (var item : ProofItem.values()) {
      var row = rows.get(item.text());
      assertThat(row[0]).isEqualTo(item.claim());
      // That these are there, and ran, the part `specification` of ./check looks at.
      assertThat(row[1]).as(item.text()).matches("(`\\w+\\.\\w+`(, )?)+");
    }
  }

  @Test
  void what_can_be_demanded_is_an_item_but_for_the_jail_as_a_whole() {
    assertThat(Assurance.Demand.values())
        .filteredOn(demand -> ProofItem.of(demand.text()).isEmpty())
        .containsExactly(Assurance.Demand.JAILED);
  }
}

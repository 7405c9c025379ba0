package io.ironclaw.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ToolListTest {
  private static final double LARGEST = (1L << 53) - 1;

  @Test
  void no_number_is_beyond_what_every_json_reader_has() throws Exception {
    assertNumbers(list());
  }

  private static Map<?, ?> list() throws Exception {
    return (Map<?, ?>) JsonText.parse(ToolList.result().json());
  }

  private static void assertNumbers(Object value) {
    switch (value) {
      case Map<?, ?> map -> map.values().forEach(ToolListTest::assertNumbers);
      case List<?> list -> list.forEach(ToolListTest::assertNumbers);
      case Number number -> assertThat(Math.abs(number.doubleValue())).isLessThanOrEqualTo(LARGEST);
      default -> assertThat(value).isNotNull();
    }
  }

  @Test
  void every_tool_is_there_in_a_fixed_order_and_says_what_it_may_do() throws Exception {
    var tools = (List<?>) list().get("tools");
    assertThat(tools)
        .extracting(tool -> String.valueOf(((Map<?, ?>) tool).get("name")))
        .containsExactlyElementsOf(ToolList.NAMES);
    for (var item : tools) {
      var tool = (Map<?, ?>) item;
      var hints = (Map<?, ?>) tool.get("annotations");
      assertThat(hints.keySet().toString())
          .contains("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint");
      assertThat(((Map<?, ?>) tool.get("inputSchema")).get("additionalProperties"))
          .isEqualTo(false);
    }
  }

  @Test
  void the_instructions_can_be_put_into_json_as_they_are_and_are_short() {
    assertThat(JsonText.length(ToolList.instructions()))
        .isEqualTo(ToolList.instructions().length())
        .isLessThan(1_500);
  }
}

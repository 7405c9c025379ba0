package io.ironclaw.vm.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.VmStartException;
import io.ironclaw.vm.Devices;
import io.ironclaw.vm.PlainJson;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FirecrackerDevicesTest {
  private static final String REAL =
      """
      {"balloon":null,"drives":[{"drive_id":"root","partuuid":null,"is_root_device":false,
      "cache_type":"Unsafe","is_read_only":true,"path_on_host":"/root","rate_limiter":null,
      "io_engine":"Sync","socket":null}],"boot-source":{"kernel_image_path":"/kernel"},
      "cpu-config":null,"logger":null,"machine-config":{"vcpu_count":1,"mem_size_mib":80,
      "smt":false,"track_dirty_pages":false,"huge_pages":"None"},"metrics":null,
      "mmds-config":null,"network-interfaces":[],"vsock":{"guest_cid":3,
      "uds_path":"/run/vsock"},"entropy":null,"pmem":[],"memory-hotplug":null}
      """;

  private static Devices of(String config) throws Exception {
    return FirecrackerDevices.of(PlainJson.object(config));
  }

  @Test
  void what_firecracker_lists_is_what_it_has() throws Exception {
    assertThat(of(REAL))
        .isEqualTo(
            new Devices(
                List.of(),
                List.of(new Devices.Disk("root", true)),
                List.of("drives root", "vsock 3", "1 vCPUs, 80 MiB"),
                List.of("/run/vsock")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"balloon\":null | \"balloon\":{\"amount_mib\":1}",
        "\"mmds-config\":null | \"mmds-config\":{\"version\":\"V1\"}",
        "\"entropy\":null | \"entropy\":{}",
        "\"pmem\":[] | \"pmem\":[{\"id\":\"p\"}]",
        "\"network-interfaces\":[] | \"network-interfaces\":[{\"iface_id\":\"net\"}]",
        "\"is_read_only\":true | \"is_read_only\":false",
        "\"vcpu_count\":1 | \"vcpu_count\":2",
        "\"mem_size_mib\":80 | \"mem_size_mib\":81",
        "\"guest_cid\":3 | \"guest_cid\":4",
        "/run/vsock | /run/other",
        "\"metrics\":null | \"something-new\":{}",
      })
  void whatever_is_more_or_otherwise_shows(String from, String to) throws Exception {
    assertThat(REAL).contains(from);
    assertThat(of(REAL.replace(from, to))).isNotEqualTo(of(REAL));
  }

  @Test
  void what_is_no_list_of_objects_is_an_error() {
    assertThatThrownBy(() -> of("{\"drives\": 1}")).isInstanceOf(VmStartException.class);
    assertThatThrownBy(() -> of("{\"network-interfaces\": [1]}"))
        .isInstanceOf(VmStartException.class);
  }
}

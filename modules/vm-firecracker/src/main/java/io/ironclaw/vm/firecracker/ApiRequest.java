package io.ironclaw.vm.firecracker;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is asked of Firecracker's API (its swagger file). Only fields that every version has which
 * is used: an unknown one is an error there. Paths are those of its jail.
 */
sealed interface ApiRequest {
  /** Of HTTP. */
  default String method() {
    return "PUT";
  }

  String path();

  Map<String, Object> body();

  /** What it does, in words that go on after "could not". */
  String purpose();

  /** CPUs and memory. */
  record MachineConfig(int vcpus, int memoryMib) implements ApiRequest {
    @Override
    public String path() {
      return "/machine-config";
    }

    @Override
    public Map<String, Object> body() {
      return Map.of("vcpu_count", vcpus, "mem_size_mib", memoryMib);
    }

    @Override
    public String purpose() {
      return "set CPUs and memory up";
    }
  }

  /** What it boots from; the arguments take the place of its own. */
  record BootSource(String kernel, String initramfs, String arguments) implements ApiRequest {
    /** What Firecracker takes, with what it adds itself (kernel command line, x86). */
    static final int MOST_ARGUMENTS = 2_048;

    @Override
    public String path() {
      return "/boot-source";
    }

    @Override
    public Map<String, Object> body() {
      return Map.of("kernel_image_path", kernel, "initrd_path", initramfs, "boot_args", arguments);
    }

    @Override
    public String purpose() {
      return "load the kernel";
    }
  }

  /** A disk that can be read only. */
  record Drive(String id, String file) implements ApiRequest {
    @Override
    public String path() {
      return "/drives/" + id;
    }

    @Override
    public Map<String, Object> body() {
      // Not the root device: the kernel's command line says where that is.
      return Map.of(
          "drive_id", id, "path_on_host", file, "is_root_device", false, "is_read_only", true);
    }

    @Override
    public String purpose() {
      return "attach the disk " + id;
    }
  }

  /** The channel to the guest; {@code cid} is the guest's, 3 at least. */
  record Vsock(int cid, String socket) implements ApiRequest {
    public Vsock {
      // Firecracker takes 2, which is the host's own (vsock(7)).
      if (cid < 3) {
        throw new IllegalArgumentException("guest CID " + cid + ": use 3 at least");
      }
    }

    @Override
    public String path() {
      return "/vsock";
    }

    @Override
    public Map<String, Object> body() {
      return Map.of("guest_cid", cid, "uds_path", socket);
    }

    @Override
    public String purpose() {
      return "set the channel up";
    }
  }

  /** A network device on a tap of its network namespace. */
  record NetworkInterface(String id, String tap, String mac) implements ApiRequest {
    @Override
    public String path() {
      return "/network-interfaces/" + id;
    }

    @Override
    public Map<String, Object> body() {
      return Map.of("iface_id", id, "host_dev_name", tap, "guest_mac", mac);
    }

    @Override
    public String purpose() {
      return "attach the network device";
    }
  }

  /** The guest begins. */
  record Start() implements ApiRequest {
    @Override
    public String path() {
      return "/actions";
    }

    @Override
    public Map<String, Object> body() {
      return Map.of("action_type", "InstanceStart");
    }

    @Override
    public String purpose() {
      return "start the guest";
    }
  }

  /** The guest stops, or goes on. */
  record State(boolean running) implements ApiRequest {
    @Override
    public String method() {
      return "PATCH";
    }

    @Override
    public String path() {
      return "/vm";
    }

    @Override
    public Map<String, Object> body() {
      return Map.of("state", running ? "Resumed" : "Paused");
    }

    @Override
    public String purpose() {
      return running ? "let the guest go on" : "stop the guest";
    }
  }

  /** A guest that is stopped is written to files. */
  record CreateSnapshot(String state, String memory) implements ApiRequest {
    @Override
    public String path() {
      return "/snapshot/create";
    }

    @Override
    public Map<String, Object> body() {
      return Map.of("snapshot_path", state, "mem_file_path", memory);
    }

    @Override
    public String purpose() {
      return "save the template";
    }
  }

  /**
   * A guest is read from files, and stays stopped; its memory is a private copy of the file.
   *
   * @param tap by its network device's id, where it has one
   */
  record LoadSnapshot(String state, String memory, Optional<Tap> tap) implements ApiRequest {
    /** Another tap than the one that the snapshot was made with. */
    record Tap(String id, String name) {}

    @Override
    public String path() {
      return "/snapshot/load";
    }

    @Override
    public Map<String, Object> body() {
      var body =
          new LinkedHashMap<String, Object>(
              Map.of(
                  "snapshot_path",
                  state,
                  "mem_backend",
                  Map.of("backend_type", "File", "backend_path", memory),
                  "resume_vm",
                  false));
      tap.ifPresent(t ->
          body.put(
              "network_overrides", List.of(Map.of("iface_id", t.id(), "host_dev_name", t.name()))));
      return body;
    }

    @Override
    public String purpose() {
      return "restore the template's state";
    }
  }
}

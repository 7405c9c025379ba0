package io.ironclaw.jail;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Makes a control group where it runs, puts a process in it, and prints what is read back: a
 * program for a guest, whose kernel has version 2 with a controller that is handed out.
 */
public final class GroupsInGuest {
  private static final GroupLimits LIMITS = new GroupLimits(64L << 20, 16, 2);
  private static final List<String> JOIN =
      List.of(
          "sh",
          "-c",
          "for group; do echo 0 >$group || exit 1; done; echo in; exec sleep 1000",
          "sh");

  private GroupsInGuest() {}

  public static void main(String[] args) throws Exception {
    Path folder = Files.createTempDirectory("groups");
    var group = ControlGroups.ofThisHost().make(LIMITS, folder);
    var command = new ArrayList<>(JOIN);
    command.addAll(group.joins());
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    System.out.println(process.inputReader().readLine());
    var readings = new TreeMap<String, String>();
    var read = new Readings();
    group.read(process.pid(), read);
    for (var reading : read.all()) {
      readings.put(reading.item().text(), reading.verdict() + " " + reading.text().get());
    }
    readings.forEach((item, text) -> System.out.println(item + " " + text));
    group.remove();
    System.out.println(group.folders().isEmpty() ? "no group" : "ended with " + process.waitFor());
    long left = group.folders().stream().filter(place -> Files.exists(place.folder())).count();
    System.out.println("groups left: " + left);
    process.destroyForcibly();
  }
}

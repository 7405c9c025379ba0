package io.ironclaw.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.Event;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.VmDiedException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SessionTest {
  private static final ToolCall<Sandbox.Listing> LIST = new ToolCall.ListFiles("/", 10);

  private final List<FakeSandbox> opened = new CopyOnWriteArrayList<>();
  private final List<String> seen = new CopyOnWriteArrayList<>();

  private Sandbox open() {
    var sandbox = new FakeSandbox();
    opened.add(sandbox);
    return sandbox;
  }

  /** An interceptor that notes what goes by. */
  private Interceptor noting(String name) {
    return new Interceptor() {
      @Override
      public <R> R around(ToolCall<R> call, Sandbox sandbox, Next<R> next)
          throws IronClawException, IOException, InterruptedException {
        seen.add(name + " before " + call.tool());
        try {
          return next.proceed();
        } finally {
          seen.add(name + " after");
        }
      }
    };
  }

  @Test
  void every_call_goes_through_every_interceptor_the_first_one_outermost() throws Exception {
    try (var session = new Session(this::open, List.of(noting("a"), noting("b")))) {
      assertThat(session.call(LIST, Progress.NONE).age()).isEqualTo(Session.Age.NEW);
      assertThat(session.call(LIST, Progress.NONE).age()).isEqualTo(Session.Age.USED);
    }
    assertThat(seen.subList(0, 4))
        .containsExactly("a before list_files", "b before list_files", "b after", "a after");
    assertThat(seen).hasSize(8);
    assertThat(opened).hasSize(1);
  }

  @Test
  void a_call_that_an_interceptor_refuses_never_reaches_the_sandbox() {
    var refusing =
        new Interceptor() {
          @Override
          public <R> R around(ToolCall<R> call, Sandbox sandbox, Next<R> next)
              throws IronClawException {
            throw new HostException("not allowed");
          }
        };
    try (var session = new Session(this::open, List.of(refusing, noting("b")))) {
      assertThatThrownBy(() -> session.call(LIST, Progress.NONE)).hasMessage("not allowed");
    }
    assertThat(seen).isEmpty();
  }

  @Test
  void the_begin_and_the_end_of_every_call_are_events_however_it_ends() throws Exception {
    var events = new EventInterceptor(event -> seen.add(told(event)));
    var write = new ToolCall.WriteFile("/x", 0644, false, InputStream.nullInputStream());
    try (var session = new Session(this::open, List.of(events))) {
      session.call(LIST, Progress.NONE);
      assertThatThrownBy(() -> session.call(write, Progress.NONE)).hasMessage("no space");
      opened.getFirst().dies = true;
      assertThatThrownBy(() -> session.call(LIST, Progress.NONE))
          .isInstanceOf(VmDiedException.class);
    }
    assertThat(seen)
        .containsExactly(
            "list_files",
            "list_files ended",
            "write_file",
            "write_file failed: no space",
            "list_files",
            "list_files failed: VM " + opened.getFirst().id() + " died");
  }

  private static String told(Event event) {
    return switch (event) {
      case Event.ToolCalled called -> called.tool();
      case Event.ToolEnded ended ->
          ended.tool() + ended.failure().map(why -> " failed: " + why).orElse(" ended");
      default -> event.text();
    };
  }

  @Test
  void a_vm_that_died_is_closed_and_the_next_call_gets_another_and_is_told() throws Exception {
    try (var session = new Session(this::open, List.of())) {
      session.call(LIST, Progress.NONE);
      opened.getFirst().dies = true;
      assertThatThrownBy(() -> session.call(LIST, Progress.NONE))
          .isInstanceOf(VmDiedException.class);
      assertThat(opened.getFirst().isOpen()).isFalse();
      assertThat(session.call(LIST, Progress.NONE).age()).isEqualTo(Session.Age.REPLACEMENT);
    }
    assertThat(opened).hasSize(2).noneMatch(FakeSandbox::isOpen);
  }

  @Test
  void closing_does_not_wait_for_a_vm_that_is_being_made_and_that_one_is_closed() throws Exception {
    var making = new CountDownLatch(1);
    var made = new CountDownLatch(1);
    var session =
        new Session(
            () -> {
              making.countDown();
              awaitUninterruptibly(made);
              return open();
            },
            List.of());
    var call = new FutureTask<>(() -> session.call(LIST, Progress.NONE));
    Thread.ofVirtual().start(call);
    making.await();
    session.close();
    assertThatThrownBy(call::get).hasRootCauseInstanceOf(VmDiedException.class);
    made.countDown();
    while (opened.isEmpty() || opened.getFirst().isOpen()) {
      Thread.onSpinWait();
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException _) {
        // A maker that does not listen is what this is about.
      }
    }
  }

  @Test
  void a_session_over_an_open_sandbox_opens_none() throws Exception {
    var sandbox = new FakeSandbox();
    var session = Session.over(sandbox, List.of(noting("a")));
    assertThat(session.call(LIST, Progress.NONE).sandbox()).isSameAs(sandbox);
    sandbox.open = false;
    assertThatThrownBy(() -> session.call(LIST, Progress.NONE))
        .isInstanceOf(VmDiedException.class)
        .hasMessageContaining("is gone");
  }
}

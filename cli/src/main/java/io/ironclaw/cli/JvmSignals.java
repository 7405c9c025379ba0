package io.ironclaw.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * Signals through {@code sun.misc.Signal}, which jdk.unsupported exports and which is the only way
 * that a JDK has to hear one more than once. The compiler warns of each direct use, and no option
 * turns that warning off, so it is reached by reflection. The first use takes about 15 ms.
 */
final class JvmSignals implements Signals {
  private static final String SIGNAL = "sun.misc.Signal";
  private static final String HANDLER = "sun.misc.SignalHandler";

  @Override
  public void handle(String name, Runnable handler) {
    InvocationHandler calls =
        (proxy, method, arguments) -> {
          if (method.getName().equals("handle")) {
            handler.run();
          }
          return null;
        };
    try {
      var type = Class.forName(HANDLER);
      set(name, type, Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, calls));
    } catch (ReflectiveOperationException e) {
      throw unavailable(name, e);
    }
  }

  @Override
  public void onShutdown(Runnable undo) {
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(undo));
  }

  @Override
  public void ignore(String name) {
    try {
      var type = Class.forName(HANDLER);
      set(name, type, type.getField("SIG_IGN").get(null));
    } catch (ReflectiveOperationException e) {
      throw unavailable(name, e);
    }
  }

  private static void set(String name, Class<?> handlerType, Object handler)
      throws ReflectiveOperationException {
    var signalType = Class.forName(SIGNAL);
    var signal = signalType.getConstructor(String.class).newInstance(name);
    signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, handler);
  }

  private static IllegalStateException unavailable(String name, ReflectiveOperationException e) {
    return new IllegalStateException(
        "this Java can't handle the signal " + name + "; use a JDK with the module jdk.unsupported",
        e);
  }
}

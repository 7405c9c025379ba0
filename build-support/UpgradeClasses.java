import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.ConstantPoolSharingOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/**
 * Rewrites the classes of a jar from before Java 6 as classes of Java 8, with stack maps. The JVM's
 * ahead-of-time cache leaves older classes out, and they are verified the slow way: for picocli that is
 * about 45 ms of every start. Nothing else about the classes changes.
 *
 * <p>Run from source by scripts/setup.sh: {@code java UpgradeClasses.java JAR}.
 */
final class UpgradeClasses {
  private static final int FIRST_WITH_STACK_MAPS = ClassFile.JAVA_6_VERSION;

  private UpgradeClasses() {}

  public static void main(String[] args) throws IOException {
    Path jar = Path.of(args[0]);
    Path rewritten = Path.of(args[0] + ".new");
    try (var loader = new URLClassLoader(new URL[] {jar.toUri().toURL()});
        var in = new JarFile(jar.toFile());
        var out = new JarOutputStream(Files.newOutputStream(rewritten))) {
      var hierarchy =
          ClassHierarchyResolver.ofResourceParsing(loader)
              .orElse(ClassHierarchyResolver.defaultResolver());
      var classFile =
          ClassFile.of(
              StackMapsOption.GENERATE_STACK_MAPS,
              // Copied code would keep its form, without stack maps: a new pool makes it be built anew.
              ConstantPoolSharingOption.NEW_POOL,
              ClassHierarchyResolverOption.of(hierarchy.cached()));
      for (var entry : in.stream().toList()) {
        var bytes = in.getInputStream(entry).readAllBytes();
        boolean isClass = entry.getName().endsWith(".class");
        out.putNextEntry(new JarEntry(entry.getName()));
        out.write(isClass ? upgrade(classFile, bytes) : bytes);
        out.closeEntry();
      }
    }
    Files.move(rewritten, jar, StandardCopyOption.REPLACE_EXISTING);
  }

  private static byte[] upgrade(ClassFile classFile, byte[] bytes) {
    var model = classFile.parse(bytes);
    if (model.majorVersion() >= FIRST_WITH_STACK_MAPS) {
      return bytes;
    }
    ClassTransform version =
        (builder, element) -> {
          if (element instanceof ClassFileVersion) {
            builder.withVersion(ClassFile.JAVA_8_VERSION, 0);
          } else {
            builder.with(element);
          }
        };
    return classFile.transformClass(
        model, version.andThen(ClassTransform.transformingMethodBodies((code, e) -> code.with(e))));
  }
}

package io.portward.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.RequiresCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real {@code portward} script in a source tree of three files, with stand-ins for Maven and the JDKs. */
@RequiresCommand({"bash", "flock", "find", "sha256sum", "nproc"})
class LauncherIT {

    private static final Duration DEADLINE = Duration.ofSeconds(20);

    /** Everything the script calls but Maven and Java, which each test provides. */
    private static final List<String> TOOLS = List.of(
            "bash cat cp cut env find flock mkdir mv nproc readlink rm sed sh sha256sum sleep sort".split(" ", -1));

    @TempDir
    private Path directory;

    private Path tree;
    private Path programs;
    private final List<Process> started = new ArrayList<>();

    private record Result(int exitCode, String output, String errors) {}

    @BeforeEach
    void layOutSourceTree() throws IOException {
        tree = Files.createDirectories(directory.resolve("source tree"));
        programs = Files.createDirectories(directory.resolve("programs"));
        for (String tool : TOOLS) {
            Path found = Files.exists(Path.of("/usr/bin", tool)) ? Path.of("/usr/bin", tool) : Path.of("/bin", tool);
            Files.createSymbolicLink(programs.resolve(tool), found);
        }
        Files.copy(Path.of("..", "portward"), tree.resolve("portward"));
        Files.createDirectories(tree.resolve(".mvn"));
        Files.createDirectories(tree.resolve("proxy-server/src/main"));
        Files.writeString(tree.resolve(".mvn/jvm.config"), "");
        Files.writeString(tree.resolve("pom.xml"), "");
        Files.writeString(tree.resolve("proxy-server/pom.xml"), "");
        installMaven("");
        jdk("jdk-99", "99.0.1");
    }

    @AfterEach
    void stopWhatAFailedTestLeft() {
        started.forEach(process -> {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        });
    }

    @Test
    void buildsOnFirstUseAndNotAgainWhenNothingChanged() throws Exception {
        assertThat(start("run").errors()).contains("building");
        assertThat(start("run").errors()).isEmpty();
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void buildsAgainWhenASourceChangedOrCame() throws Exception {
        start("run");
        Files.writeString(tree.resolve("proxy-server/pom.xml"), "changed");
        start("run");
        Files.writeString(tree.resolve("proxy-server/src/main/New.java"), "");
        start("run");
        assertThat(builds()).isEqualTo(3);
    }

    @Test
    void secondOfTwoStartsWaitsAndUsesTheBuildOfTheFirst() throws Exception {
        Path gate = directory.resolve("gate");
        installMaven("while [ ! -e '" + gate + "' ]; do sleep 0.02; done");
        Process first = begin(Map.of(), "run");
        await().atMost(DEADLINE).until(() -> builds() == 1);
        Process second = begin(Map.of(), "run");
        await().atMost(DEADLINE).until(() -> read("errors-" + second.pid()).contains("waiting for another build"));
        Files.createFile(gate);
        assertThat(finish(first).exitCode()).isZero();
        assertThat(finish(second).exitCode()).isZero();
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void keepsTheBuildThatARunningProcessUses() throws Exception {
        Path gate = directory.resolve("gate");
        Process running = begin(Map.of(), "wait-for", gate.toString());
        await().atMost(DEADLINE).until(() -> !read("output-" + running.pid()).isEmpty());
        Files.writeString(tree.resolve("pom.xml"), "changed");
        start("run");
        assertThat(librariesKept()).isEqualTo(2);
        Files.createFile(gate);
        finish(running);
        Files.writeString(tree.resolve("pom.xml"), "changed again");
        start("run");
        assertThat(librariesKept()).isEqualTo(1);
    }

    @Test
    void passesArgumentsAndStandardInputUntouched() throws Exception {
        Result result = start("cat", "two words", "", "*");
        assertThat(result.output()).endsWith("[cat][two words][][*]\nfrom standard input\n");
    }

    @Test
    void ownFlagsOfTheOperatorComeLast() throws Exception {
        Result result = finish(begin(Map.of("PORTWARD_JAVA_OPTS", "-Xmx3g -Dmine=1"), "run"));
        assertThat(result.output()).containsPattern("lowMemory=false.*\\[-Xmx3g]\\[-Dmine=1]\\[-cp]");
    }

    @Test
    void worksThroughASymbolicLinkFromElsewhere() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("link"), tree.resolve("portward"));
        assertThat(finish(begin(Map.of(), link, "run")).exitCode()).isZero();
    }

    @Test
    void takesJavaHomeWhenItIsNewEnoughElseTheHighestVersion() throws Exception {
        String eighteen = jdk("jdk-18", "18").toString();
        String eleven = jdk("jdk-11", "11.0.20").toString();
        assertThat(finish(begin(Map.of("JAVA_HOME", eighteen), "run")).output()).startsWith(eighteen + "/bin/java");
        assertThat(finish(begin(Map.of("JAVA_HOME", eleven), "run")).output())
                .startsWith(directory.resolve("jdk-99").toString());
    }

    @Test
    void saysInOneLineWhyItDoesNotTakeJavaHome() throws Exception {
        start("run");
        String eighteen = jdk("jdk-18", "18").toString();
        String eleven = jdk("jdk-11", "11.0.20").toString();
        String missing = directory.resolve("missing").toString();
        String taken = "; running on Java 99 in " + directory.resolve("jdk-99") + "\n";
        assertThat(errorsWithJavaHome(eighteen)).isEmpty();
        assertThat(errorsWithJavaHome("")).isEmpty();
        assertThat(errorsWithJavaHome(eleven))
                .isEqualTo("portward: JAVA_HOME is " + eleven + ", which is Java 11, older than 17" + taken);
        assertThat(errorsWithJavaHome(missing))
                .isEqualTo("portward: JAVA_HOME is " + missing + ", where there is no bin/java" + taken);
    }

    private String errorsWithJavaHome(String home) throws IOException, InterruptedException {
        return finish(begin(Map.of("JAVA_HOME", home), "run")).errors();
    }

    @Test
    void givesNewerJdksTheFlagsThatOlderOnesRefuse() throws Exception {
        String seventeen = jdk("jdk-17", "17.0.15").toString();
        assertThat(start("run").output()).contains("--sun-misc-unsafe-memory-access=allow");
        assertThat(finish(begin(Map.of("JAVA_HOME", seventeen), "run")).output())
                .doesNotContain("--sun-misc-unsafe-memory-access");
    }

    @Test
    void saysInOneLineThatMavenIsMissing() throws Exception {
        Files.delete(programs.resolve("mvn"));
        Result result = start("run");
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.output()).isEmpty();
        assertThat(result.errors()).isEqualTo("portward: needs Maven to build: apt-get install maven\n");
    }

    @Test
    void needsNoMavenWhenNothingIsToBeBuilt() throws Exception {
        start("run");
        Files.delete(programs.resolve("mvn"));
        assertThat(start("run").exitCode()).isZero();
    }

    @Test
    void leavesNoBuildBehindWhenMavenFails() throws Exception {
        installMaven("echo broken; exit 1");
        Result result = start("run");
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.output()).isEmpty();
        assertThat(result.errors()).contains("broken", "the build failed");
        installMaven("");
        assertThat(start("run").exitCode()).isZero();
    }

    private Result start(String... arguments) throws IOException, InterruptedException {
        return finish(begin(Map.of(), arguments));
    }

    private Process begin(Map<String, String> environment, String... arguments) throws IOException {
        return begin(environment, tree.resolve("portward"), arguments);
    }

    private Process begin(Map<String, String> environment, Path script, String... arguments) throws IOException {
        Path input = Files.writeString(directory.resolve("input"), "from standard input\n");
        // The shell in between gives each start output files that carry its process id.
        String redirect = "exec \"$@\" >\"$DIRECTORY/output-$$\" 2>\"$DIRECTORY/errors-$$\"";
        ProcessBuilder builder =
                new ProcessBuilder("/bin/sh", "-c", redirect, "sh", script.toString()).redirectInput(input.toFile());
        builder.command().addAll(List.of(arguments));
        builder.environment().clear();
        builder.environment().put("PATH", programs + ":" + directory.resolve("jdk-99/bin"));
        builder.environment().put("DIRECTORY", directory.toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private Result finish(Process process) throws IOException, InterruptedException {
        assertThat(process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), read("output-" + process.pid()), read("errors-" + process.pid()));
    }

    private String read(String name) throws IOException {
        Path file = directory.resolve(name);
        return Files.exists(file) ? Files.readString(file) : "";
    }

    private void installMaven(String body) throws IOException {
        Files.deleteIfExists(programs.resolve("mvn"));
        program(programs.resolve("mvn"), "echo build >>\"$DIRECTORY/builds\"\n" + body + """

                mkdir -p proxy-server/target/portward/lib
                echo jar >proxy-server/target/portward/lib/portward.jar
                echo 'Maven talks on standard output'
                """);
    }

    /** A stand-in that prints its own path and its arguments, and does what the first argument for the main class says. */
    private Path jdk(String name, String version) throws IOException {
        Path home =
                Files.createDirectories(directory.resolve(name).resolve("bin")).getParent();
        program(home.resolve("bin/javac"), "");
        program(home.resolve("bin/java"), """
                printf '%s: ' "$0"
                for argument; do printf '[%s]' "$argument"; done
                echo
                while [ "$1" != io.portward.server.Main ]; do shift; done
                case $2 in
                cat) cat ;;
                wait-for) while [ ! -e "$3" ]; do sleep 0.02; done ;;
                esac
                """);
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private static void program(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body, UTF_8);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    private long builds() throws IOException {
        return read("builds").lines().count();
    }

    private long librariesKept() throws IOException {
        try (var files = Files.walk(tree.resolve(".portward-build"))) {
            return files.filter(file -> file.endsWith("portward.jar")).count();
        }
    }
}

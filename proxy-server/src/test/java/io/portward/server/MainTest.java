package io.portward.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.core.transport.Transport;
import io.portward.server.demo.Demo;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

class MainTest {

    @TempDir
    private Path folder;

    private record Result(int code, String out, String err) {}

    @Test
    void showsHowItIsUsedWhenCalledWithoutACommand() {
        Result result = execute();

        assertThat(result.code()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).startsWith("Usage: portward").contains("run", "demo", "check", "explain", "schema");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "check portward.yaml          | portward check: unexpected 'portward.yaml'; did you mean --config portward.yaml?",
                "check --strict portward.yaml | portward check: unexpected 'portward.yaml'; did you mean --config portward.yaml?",
                "run -c a.yaml b.yaml  | portward run: unexpected 'b.yaml'; it takes one file, and --config names one already",
                "schema extra          | portward schema: unexpected 'extra'; write only: portward schema",
                "run                   | portward run: no configuration file is named; write: portward run --config FILE",
                "check                 | portward check: no configuration file is named; write: portward check --config FILE",
                "explain --config      | portward explain: no configuration file is named; write: portward explain --config FILE",
                "check -c a -c b       | portward check: --config is given twice",
                "check --confg a.yaml  | portward check: unknown option '--confg'; did you mean --config?",
                "check --confg=a.yaml  | portward check: unknown option '--confg'; did you mean --config?",
                "check -config a.yaml  | portward check: unknown option '-config'; did you mean --config?",
                "run --config a --odd  | portward run: unknown option '--odd'; see: portward run --help",
                "run -c a -x           | portward run: unknown option '-x'; see: portward run --help",
                "demo --port 1         | portward demo: unknown option '--port'; see: portward demo --help",
                "--config a.yaml       | portward: '--config' follows a command, as in: portward run --config",
                "--odd                 | portward: unknown option '--odd'; see: portward --help",
                "chek                  | portward: unknown command 'chek'; did you mean 'check'?",
                "help chek             | portward: unknown command 'chek'; did you mean 'check'?",
                "mail.yaml             | portward: unknown command 'mail.yaml'; did you mean: portward run --config mail.yaml?",
                "start                 | portward: unknown command 'start'; there are run, demo, check, explain, schema, help"
            })
    void refusesAWrongCommandLineInOneLineWithTheRightForm(String commandLine, String message) {
        Result result = execute(commandLine.split(" "));

        assertThat(result.code()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).isEqualTo(message + "\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "-h",
                "help",
                "run --help",
                "help run",
                "help demo",
                "help check",
                "help explain",
                "help schema"
            })
    void helpsOnStdout(String commandLine) {
        Result result = execute(commandLine.split(" "));

        assertThat(result.code()).isZero();
        assertThat(result.out()).startsWith("Usage: portward");
        assertThat(result.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "-V", "run --version"})
    void tellsItsVersion(String commandLine) {
        Result result = execute(commandLine.split(" "));

        assertThat(result.code()).isZero();
        assertThat(result.out()).matches("portward \\S+\\nNetty 4\\.\\S+, Java \\S+\\n");
    }

    @Test
    void printsTheSchemaAndNothingElse() {
        Result result = execute("schema");

        assertThat(result.code()).isZero();
        assertThat(result.err()).isEmpty();
        Map<String, Object> schema = new Yaml().load(result.out());
        assertThat(schema).containsKey("$schema").containsKey("properties");
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "check", "explain"})
    void tellsEveryErrorOfAFileWithItsPlaceAndFailsWithCode2(String command) throws IOException {
        Path file = write("certificates: []\nbogus: 1\nports:\n  - {listen: nonsense, protocol: https}\n");

        Result result = execute(command, "--config", file.toString());

        assertThat(result.code()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).contains(file + ":2:", file + ":4:", "error: bogus", "error: ports[0].listen");
        assertThat(result.err()).doesNotContain("\tat ");
    }

    @Test
    void tellsThatAFileIsMissing() {
        Result result = execute("run", "--config", folder.resolve("none.yaml").toString());

        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("none.yaml: error: no such file");
    }

    @Test
    void checksAGoodFileWithCode0AndItsWarningsOnlyWithStrict() throws Exception {
        Transport transport = Transport.open(1);
        try (Demo demo = Demo.prepare(transport)) {
            String file = demo.configuration().toString();

            Result lenient = execute("check", "--config", file);
            assertThat(lenient.code()).isZero();
            assertThat(lenient.out()).contains("warning: ports[0].listen", file + ": ok");
            assertThat(lenient.err()).isEmpty();

            Result strict = execute("check", "--strict", "--config", file);
            assertThat(strict.code()).isEqualTo(2);
            assertThat(strict.out()).isEmpty();
            assertThat(strict.err()).contains("warning: ports[0].listen");

            Result json = execute("check", "--json", "--config", file);
            assertThat(json.code()).isZero();
            assertThat(json.err()).isEmpty();
            Map<String, Object> report = new Yaml().load(json.out());
            assertThat(report).containsEntry("ok", true).containsEntry("errors", 0);
            assertThat((List<?>) report.get("problems")).isNotEmpty();
        } finally {
            transport.close().await();
        }
    }

    @Test
    void failsAJsonCheckWithCode2AndStillPrintsJson() throws IOException {
        Result result =
                execute("check", "--json", "--config", write("ports: 1\n").toString());

        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).isEmpty();
        Map<String, Object> report = new Yaml().load(result.out());
        assertThat(report).containsEntry("ok", false);
    }

    @Test
    void refusesKeysThatEveryoneCanReadUnlessAllowed() throws Exception {
        Transport transport = Transport.open(1);
        try (Demo demo = Demo.prepare(transport)) {
            Path key = demo.configuration().resolveSibling("rsa.key");
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
            String file = demo.configuration().toString();

            assertThat(execute("check", "--config", file).err()).contains("chmod");
            assertThat(execute("check", "--config", file, "--allow-insecure-keys")
                            .code())
                    .isZero();
        } finally {
            transport.close().await();
        }
    }

    @Test
    void explainsAConfigurationAsOneThatReadsTheSame() throws IOException {
        Path file = write("""
                ports:
                  - {listen: 80, protocol: redirect}
                """);

        Result first = execute("explain", "--config", file.toString());
        assertThat(first.err()).isEmpty();
        assertThat(first.code()).isZero();
        assertThat(first.out()).contains("grace: 30s", "protocol: redirect", "to: 443");

        Path explained = Files.writeString(folder.resolve("explained.yaml"), first.out());
        assertThat(execute("explain", "--config", explained.toString()).out()).isEqualTo(first.out());
    }

    private Path write(String text) throws IOException {
        return Files.writeString(folder.resolve("portward.yaml"), text);
    }

    private static Result execute(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), args);
        return new Result(code, out.toString(), err.toString());
    }
}

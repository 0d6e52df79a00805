package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.PortwardProcess;
import io.portward.server.demo.DemoCertificates;
import io.portward.testkit.RequiresCommand;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a start says and does in surroundings good and bad. */
@RequiresCommand("curl")
class StartIT {

    /** Root without any of root's rights; the files of the build stay readable, for they are root's own. */
    private static final List<String> POWERLESS =
            List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs");

    @TempDir
    private Path folder;

    private final List<String> heads = new CopyOnWriteArrayList<>();
    private ScriptedUpstream web;

    @BeforeEach
    void start() throws IOException {
        DemoCertificates.write(folder);
        web = ScriptedUpstream.start(connection -> {
            heads.add(connection.readUntil("\r\n\r\n").toLowerCase(Locale.ROOT));
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n");
        });
    }

    @AfterEach
    void stop() throws IOException {
        web.close();
    }

    @Test
    void aSecondCopyEndsWithOneLineThatNamesPortAndRemedy() throws Exception {
        int port = ScriptedUpstream.unusedPort();
        String[] run = {"run", "--config", https("127.0.0.1:" + port)};
        try (PortwardProcess first = new PortwardProcess(run).awaitReady();
                PortwardProcess second = new PortwardProcess(run)) {
            assertThat(second.awaitExit()).isEqualTo(1);
            assertThat(complaint(second))
                    .contains("127.0.0.1:" + port, "already in use")
                    .containsAnyOf("stop it", "change");
            assertThat(get("https://127.0.0.1:" + port)).isEqualTo("hello\n");
            assertThat(first.isAlive()).isTrue();
        }
    }

    /** Netty would like a hardware address, of which nothing of ours makes use. */
    @Test
    @RequiresCommand({"unshare", "ip"})
    void warnsOfNothingOnAMachineWithoutANetwork() throws Exception {
        List<String> prefix = List.of("unshare", "--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh");
        try (PortwardProcess portward =
                new PortwardProcess(prefix, List.of(), "run", "--config", https("127.0.0.1:0")).awaitReady()) {
            assertThat(portward.err()).noneMatch(line -> line.contains("MacAddress"));
        }
    }

    @Test
    @RequiresCommand({"setpriv", "unshare", "ip"})
    void saysWhatAPrivilegedPortNeeds() throws Exception {
        // A network of its own, where no setting of this machine makes all ports ordinary.
        List<String> prefix =
                new ArrayList<>(List.of("unshare", "--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"));
        prefix.addAll(POWERLESS);
        try (PortwardProcess portward =
                new PortwardProcess(prefix, List.of(), "run", "--config", https("0.0.0.0:443"))) {
            assertThat(portward.awaitExit()).isEqualTo(1);
            assertThat(complaint(portward)).contains("0.0.0.0:443", "CAP_NET_BIND_SERVICE");
        }
    }

    @Test
    @RequiresCommand("setpriv")
    void needsNoRightsForOrdinaryPorts() throws Exception {
        try (PortwardProcess portward =
                new PortwardProcess(POWERLESS, List.of(), "run", "--config", https("127.0.0.1:0")).awaitReady()) {
            assertThat(get("https://127.0.0.1:" + portward.port("https"))).isEqualTo("hello\n");
        }
    }

    @Test
    @RequiresCommand({"setpriv", "chown"})
    void saysWhichKeyItMayNotRead() throws Exception {
        new Command("chown", "65534", folder.resolve("ecdsa.key").toString())
                .run()
                .succeeded();
        try (PortwardProcess portward =
                new PortwardProcess(POWERLESS, List.of(), "run", "--config", https("127.0.0.1:0"))) {
            assertThat(portward.awaitExit()).isEqualTo(2);
            assertThat(String.join("\n", portward.err()))
                    .contains("certificates[0].key", "ecdsa.key")
                    .containsIgnoringCase("permission");
        }
    }

    @Test
    void refusesAKeyThatEverybodyMayRead() throws Exception {
        Path key = folder.resolve("ecdsa.key");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        String config = https("127.0.0.1:0");
        try (PortwardProcess portward = new PortwardProcess("run", "--config", config)) {
            assertThat(portward.awaitExit()).isEqualTo(2);
            assertThat(String.join("\n", portward.err())).contains("certificates[0].key", "chmod", key.toString());
        }
        try (PortwardProcess portward =
                new PortwardProcess("run", "--config", config, "--allow-insecure-keys").awaitReady()) {
            assertThat(get("https://127.0.0.1:" + portward.port("https"))).isEqualTo("hello\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0:0", "10.9.8.7:0"})
    void saysWhyAnAdminPortOrAForeignAddressIsNotOpened(String address) throws Exception {
        boolean foreign = address.startsWith("10.");
        String config = foreign ? https(address) : https("127.0.0.1:0", "admin: {listen: \"" + address + "\"}");
        try (PortwardProcess portward = new PortwardProcess("run", "--config", config)) {
            assertThat(portward.awaitExit()).isEqualTo(foreign ? 1 : 2);
            assertThat(String.join("\n", portward.err())).contains(address, foreign ? "no interface" : "allowRemote");
        }
    }

    @Test
    void listensOnIpv6AndOnBothFamiliesTogetherOrSideBySide() throws Exception {
        int shared = ScriptedUpstream.unusedPort();
        int dual = ScriptedUpstream.unusedPort();
        try (PortwardProcess portward = new PortwardProcess(
                        "run", "--config", https("[::1]:0", dual + "", "0.0.0.0:" + shared, "[::]:" + shared))
                .awaitReady()) {
            int six = portward.ports("https").get(0);
            assertThat(get("https://[::1]:" + six)).isEqualTo("hello\n");
            for (int port : new int[] {dual, shared}) {
                assertThat(get("https://127.0.0.1:" + port)).isEqualTo("hello\n");
                assertThat(get("https://[::1]:" + port)).isEqualTo("hello\n");
            }
            assertThat(heads)
                    .hasSize(5)
                    .filteredOn(head -> head.contains("host: 127.0.0.1"))
                    .hasSize(2)
                    .allMatch(head -> head.contains("x-forwarded-for: 127.0.0.1\r\n"));
            assertThat(new Command("curl", "-s", "https://127.0.0.1:" + six)
                            .run()
                            .exit())
                    .isEqualTo(7);
        }
    }

    @Test
    void listensOnOneFamilyOnlyWhenToldTo() throws Exception {
        int port = ScriptedUpstream.unusedPort();
        for (String address : List.of("0.0.0.0", "[::]")) {
            try (PortwardProcess portward =
                    new PortwardProcess("run", "--config", https(address + ":" + port)).awaitReady()) {
                boolean four = address.equals("0.0.0.0");
                assertThat(get(four ? "https://127.0.0.1:" + port : "https://[::1]:" + port))
                        .isEqualTo("hello\n");
                assertThat(new Command("curl", "-s", four ? "https://[::1]:" + port : "https://127.0.0.1:" + port)
                                .run()
                                .exit())
                        .isEqualTo(7);
                assertThat(portward.readyLine()).contains(four ? "0.0.0.0:" + port : "[::]:" + port);
            }
        }
    }

    @Test
    void answersOnTheAdminPort() throws Exception {
        try (PortwardProcess portward = new PortwardProcess(
                        "run", "--config", https("127.0.0.1:0", "admin: {listen: \"[::1]:0\"}"))
                .awaitReady()) {
            String admin = "http://[::1]:" + portward.port("admin");
            assertThat(get(admin + "/healthz")).isEqualTo("ok\n");
            assertThat(get(admin + "/readyz")).isEqualTo("ready\n");
            assertThat(get(admin + "/metrics"))
                    .contains("# TYPE portward_connections_total counter")
                    .contains("portward_certificate_not_after_seconds{algorithm=\"ecdsa\",certificate=\"ecdsa\"}");
            assertThat(code("-X", "POST", admin + "/metrics")).isEqualTo("405");
            assertThat(code(admin + "/other")).isEqualTo("404");
        }
    }

    private static String complaint(PortwardProcess portward) {
        assertThat(portward.err())
                .filteredOn(line -> line.startsWith("portward: "))
                .hasSize(1);
        return portward.err().stream()
                .filter(line -> line.startsWith("portward: "))
                .findFirst()
                .orElseThrow();
    }

    private String get(String url) throws Exception {
        return new Command("curl", "-sS", "--max-time", "20", "--cacert", ca(), url)
                .run()
                .succeeded()
                .out();
    }

    private String code(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"));
        command.addAll(List.of(arguments));
        return new Command(command).run().succeeded().out();
    }

    private String ca() {
        return folder.resolve("ca.pem").toString();
    }

    /** A configuration with one https port for each address; what is no address is a section. */
    private String https(String... addressesAndSections) throws IOException {
        StringBuilder text = new StringBuilder("certificates:\n"
                + "  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}\n"
                + "backends:\n"
                + "  web: {servers: [\"" + web.address() + "\"]}\n"
                + "ports:\n");
        for (String item : addressesAndSections) {
            text.append(
                    item.startsWith("admin")
                            ? item + "\n"
                            : "  - {listen: \"" + item + "\", protocol: https, routes: [{backend: web}]}\n");
        }
        return Files.writeString(Files.createTempFile(folder, "portward", ".yaml"), text)
                .toString();
    }
}

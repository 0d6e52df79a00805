package io.portward.config.validate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {

    private static final List<String> KEYS =
            List.of("certificates", "tls", "ports", "backends", "allowRemote", "web", "imap", "smtp");

    @ParameterizedTest
    @CsvSource({
        "wbe,web",
        "certificate,certificates",
        "Ports,ports",
        "port,ports",
        "prots,ports",
        "backend,backends",
        "allow_remote,allowRemote",
        "allow-remote,allowRemote",
        "tsl,tls",
        "TLS,tls",
        "imaps,imap",
        "backendServers,backends",
        "cert,certificates",
        "allow,allowRemote"
    })
    void findsWhatWasMeant(String written, String meant) {
        assertThat(NearestName.find(written, KEYS)).isEqualTo(meant);
    }

    @ParameterizedTest
    @CsvSource({"acme", "x", "nothing", "accessLog", "clientAuth", "io"})
    void doesNotGuessWildly(String written) {
        assertThat(NearestName.find(written, KEYS)).isNull();
        assertThat(NearestName.hint(written, KEYS)).isEmpty();
    }

    @Test
    void doesNotChooseBetweenNamesThatAreEquallyNear() {
        assertThat(NearestName.find("v3", List.of("none", "v1", "v2"))).isNull();
        assertThat(NearestName.find("v2", List.of("none", "v1", "v2"))).isEqualTo("v2");
    }

    @Test
    void prefersATypingMistakeToABeginning() {
        assertThat(NearestName.find("ports", List.of("portsAndMore", "port"))).isEqualTo("port");
    }

    @Test
    void givesUpOnLongAndEmptyTexts() {
        assertThat(NearestName.find("web".repeat(100_000), KEYS)).isNull();
        assertThat(NearestName.find("", KEYS)).isNull();
        assertThat(NearestName.find("web", List.of())).isNull();
    }
}

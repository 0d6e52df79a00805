package io.portward.core.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.ssl.OpenSsl;
import io.netty.internal.tcnative.SSL;
import io.portward.config.model.PortProtocol;
import io.portward.config.model.TicketConfig;
import io.portward.config.model.TlsConfig;
import io.portward.config.model.TlsPolicy;
import io.portward.config.model.UnknownNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The operator's guide lists ciphers and groups as BoringSSL has them. */
class TlsGuideTest {

    private static final Path GUIDE = Path.of("../docs/guide/tls.md");
    private static final TicketConfig TICKETS = new TicketConfig(Duration.ofHours(1), Duration.ofHours(12));

    @BeforeAll
    static void load() {
        OpenSsl.ensureAvailability();
    }

    /** Only those of TLS 1.2 can be asked for; the three of TLS 1.3 are fixed in BoringSSL. */
    @Test
    void listsTheSuitesOfTls12InOrder() throws IOException {
        assertThat(ciphers()).isEqualTo(listed("- `(ECDHE-[A-Z0-9-]+)`").toList());
    }

    @Test
    void listsTheGroupsInOrder() throws IOException {
        assertThat(TlsContext.groups())
                .isEqualTo(listed("\\d\\. `([A-Za-z0-9-]+)`").toList());
    }

    private static Stream<String> listed(String line) throws IOException {
        return Pattern.compile("^" + line + "$", Pattern.MULTILINE)
                .matcher(Files.readString(GUIDE))
                .results()
                .map(match -> match.group(1));
    }

    private static List<String> ciphers() {
        TlsConfig config =
                new TlsConfig(TlsPolicy.INTERMEDIATE, UnknownNames.FALLBACK, Duration.ofSeconds(10), TICKETS);
        TicketKeys keys = new TicketKeys(TICKETS, System::nanoTime, new SecureRandom());
        TlsContext context = TlsContext.create(config, PortProtocol.HTTPS, List.of(), keys);
        long ssl = SSL.newSSL(context.pointer(), true);
        try {
            return Arrays.asList(SSL.getCiphers(ssl));
        } finally {
            SSL.freeSSL(ssl);
            context.release();
        }
    }
}

package io.portward.core.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HopByHopTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection",
                "Keep-Alive",
                "Proxy-Connection",
                "TE",
                "Transfer-Encoding",
                "Upgrade",
                "Proxy-Authenticate",
                "Proxy-Authorization",
                "HTTP2-Settings"
            })
    void removesWhatEndsAtEachConnection(String name) {
        HttpHeaders headers =
                new DefaultHttpHeaders().add(name, "a").add(name, "b").add("X-Kept", "c");
        HopByHop.strip(headers);
        assertThat(headers.names()).containsExactly("X-Kept");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Transfer_Encoding", "content_length", "Transfer_encoding", "Content_Length"})
    void removesWhatABackendCouldTakeForFraming(String name) {
        HttpHeaders headers = new DefaultHttpHeaders()
                .add(name, "0")
                .add("Content-Length", "3")
                .add("X_Kept", "c");
        HopByHop.strip(headers);
        assertThat(headers.names()).containsExactly("Content-Length", "X_Kept");
    }

    @Test
    void removesWhatConnectionNamesInAnySpelling() {
        HttpHeaders headers = new DefaultHttpHeaders()
                .add("Connection", "x-a ,,X-B,close")
                .add("connection", "keep-alive, X-C")
                .add("X-A", "1")
                .add("x-b", "1")
                .add("X-c", "1")
                .add("X-D", "1")
                .add("Close", "1");
        HopByHop.strip(headers);
        assertThat(headers.names()).containsExactly("X-D");
    }

    @Test
    void keepsHostAndLengthWhateverConnectionSays() {
        HttpHeaders headers = new DefaultHttpHeaders()
                .add("Connection", "Host, CONTENT-LENGTH")
                .add("Host", "a")
                .add("Content-Length", "1");
        HopByHop.strip(headers);
        assertThat(headers.names()).containsExactlyInAnyOrder("Host", "Content-Length");
    }

    @ParameterizedTest
    @CsvSource({
        "upgrade, true",
        "'keep-alive, Upgrade', true",
        "'keep-alive,UPGRADE ', true",
        "upgraded, false",
        "'', false"
    })
    void findsAnOption(String value, boolean found) {
        HttpHeaders headers = new DefaultHttpHeaders().add("Connection", "x").add("Connection", value);
        assertThat(HopByHop.connectionHas(headers, "upgrade")).isEqualTo(found);
    }
}

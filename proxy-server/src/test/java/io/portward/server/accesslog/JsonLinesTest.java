package io.portward.server.accesslog;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.core.observe.AccessRecord;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Whether every line is JSON is asked of Python in the integration tests; here it is compared letter by letter. */
class JsonLinesTest {

    private static String line(AccessRecord record, boolean query) {
        StringBuilder out = new StringBuilder();
        assertThat(new JsonLines(query).append(out, record)).isTrue();
        assertThat(out.toString().chars().filter(c -> c < ' ').count())
                .as("nothing but the line feed at the end")
                .isEqualTo(1);
        assertThat(out.toString()).endsWith("}\n");
        return out.toString();
    }

    @Test
    void tellsARequest() {
        assertThat(line(Records.get("/a/b"), false)).isEqualTo("""
                {"time":"2023-11-14T22:13:20.042Z","type":"request","requestId":"0123456789abcdef0123456789abcdef",\
                "connectionId":"00000000000000aa","client":"192.0.2.7","clientPort":50123,"listener":"0.0.0.0:443",\
                "listenerProtocol":"https","sni":"www.example.com","ja4":"t13d1516h2_8daaf6152771_e5627efa2ab1",\
                "tlsVersion":"TLSv1.3","tlsCipher":"TLS_AES_128_GCM_SHA256","tlsGroup":"X25519MLKEM768","tlsAlpn":"h2",\
                "tlsResumed":false,"requestNumber":1,"protocol":"h2","method":"GET","host":"www.example.com",\
                "path":"/a/b","status":200,"bytesIn":0,"bytesOut":1234,"backend":"web","server":"127.0.0.1:8080",\
                "retries":0,"ended":"complete","handshakeMs":2.500,"waitMs":0.001,"firstByteMs":3.000,"totalMs":4.000}
                """);
    }

    @Test
    void tellsATcpConnection() {
        assertThat(line(Records.tcp(), false)).isEqualTo("""
                {"time":"2023-11-14T22:13:20.042Z","type":"connection","connectionId":"00000000000000aa",\
                "client":"192.0.2.7","clientPort":50123,"listener":"0.0.0.0:443","listenerProtocol":"imaps",\
                "sni":"www.example.com","ja4":"t13d1516h2_8daaf6152771_e5627efa2ab1","tlsVersion":"TLSv1.3",\
                "tlsCipher":"TLS_AES_128_GCM_SHA256","tlsGroup":"X25519MLKEM768","tlsAlpn":"h2","tlsResumed":false,\
                "bytesIn":10,"bytesOut":20,"backend":"imap","server":"127.0.0.1:143","retries":1,\
                "ended":"idle_timeout","handshakeMs":1.000,"waitMs":2.000,"connectMs":3.000,"totalMs":60000.000}
                """);
    }

    @Test
    void tellsAFailedHandshakeAndHowManyWereLeftOut() {
        assertThat(line(Records.failure("error:\"x\"\r\n{}"), false)).isEqualTo("""
                {"time":"2023-11-14T22:13:20.042Z","type":"handshakeFailure","connectionId":"00000000000000aa",\
                "client":"192.0.2.7","clientPort":50123,"listener":"0.0.0.0:443","listenerProtocol":"https",\
                "sni":"www.example.com","ja4":"t13d1516h2_8daaf6152771_e5627efa2ab1","reason":"no_shared_cipher",\
                "detail":"error:\\"x\\"\\r\\n{}","totalMs":5.000}
                """);

        StringBuilder out = new StringBuilder();
        assertThat(new JsonLines(false).appendLeftOut(out, 0, "[::]:443", 5)).isTrue();
        assertThat(out)
                .hasToString("{\"time\":\"1970-01-01T00:00:00.000Z\",\"type\":\"handshakeFailuresLeftOut\","
                        + "\"listener\":\"[::]:443\",\"count\":5}\n");
    }

    @Test
    void escapesWhatCouldEndTheLineOrTheText() {
        String hostile = "/\"},\n{\"path\":\"\\\u0000\u001b[2J\u007f\u0085\u2028";

        assertThat(line(Records.get(hostile), false))
                .contains("\"path\":\"/\\\"},\\n{\\\"path\\\":\\\"\\\\\\u0000\\u001b[2J\\u007f\\u0085\\u2028\"");
    }

    @Test
    void readsUtf8AsSuchAndOtherBytesOneByOne() {
        String utf8 = new String("/grüße-日本".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);

        assertThat(line(Records.get(utf8), false)).contains("\"path\":\"/grüße-日本\"");
        assertThat(line(Records.get("/gr\u00fc\u00dfe\u0085"), false)).contains("\"path\":\"/grüße\\u0085\"");
        assertThat(line(Records.get("/\ud800"), false)).contains("\"path\":\"/\\ud800\"");
    }

    @Test
    void tellsQueriesOnlyWhereThatIsWanted() {
        AccessRecord.Request request = Records.request(
                new AccessRecord.Target("a.test", "/login", "?password=hidden"), "https://a.test/?hidden#x", "agent");

        assertThat(line(request, false))
                .contains("\"referer\":\"https://a.test/\"")
                .doesNotContain("hidden", "query");
        assertThat(line(request, true))
                .contains("\"query\":\"?password=hidden\"", "\"referer\":\"https://a.test/?hidden#x\"");
    }

    @Test
    void leavesOutWhatIsNotKnown() {
        AccessRecord.Request request = new AccessRecord.Request(
                Records.AT,
                Records.connection(io.portward.config.model.PortProtocol.REDIRECT, false),
                1,
                new AccessRecord.RequestFacts(null, "2001:db8::1", "GET", null, "h1", null, null, null),
                400,
                new AccessRecord.Outcome(0, 0, null, null, 0, "malformed_request"),
                new AccessRecord.Phases(-1, -1, -1, -1, 0));

        assertThat(line(request, true))
                .contains("\"client\":\"2001:db8::1\",\"peer\":\"192.0.2.7\",")
                .doesNotContain("null", "requestId", "clientPort", "path", "host\"", "backend", "handshakeMs", ":-1");
    }
}

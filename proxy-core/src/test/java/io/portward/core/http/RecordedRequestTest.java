package io.portward.core.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.portward.core.observe.AccessRecord;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordedRequestTest {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    private static HttpRequest request() {
        return new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
    }

    @Test
    void keepsNeitherCookiesNorCredentials() {
        HttpRequest request = request();
        request.headers()
                .set("cookie", "session=hidden")
                .set("authorization", "Bearer hidden")
                .set("proxy-authorization", "Basic hidden")
                .set("user-agent", "agent");
        RequestTarget target = new RequestTarget("a.test", "a.test", "/p", "/p?q=1", RequestTarget.PathForm.PLAIN);

        RecordedRequest recorded = RecordedRequest.of(request, target);

        assertThat(recorded.facts("id", InetAddress.getLoopbackAddress(), HttpMethod.GET, "h1"))
                .isEqualTo(new AccessRecord.RequestFacts(
                        "id",
                        "127.0.0.1",
                        "GET",
                        new AccessRecord.Target("a.test", "/p", "?q=1"),
                        "h1",
                        null,
                        "agent",
                        null));
    }

    @Test
    void cutsWhatIsLong() {
        String path = "/" + "x".repeat(20_000);
        HttpRequest request = request();
        request.headers().set("referer", path).set("user-agent", path);

        RecordedRequest recorded = RecordedRequest.of(
                request, new RequestTarget("a", "a", path, path + "?" + path, RequestTarget.PathForm.PLAIN));

        assertThat(recorded.target()).isNotNull();
        assertThat(recorded.target().path()).hasSize(AccessRecord.MAX_TEXT);
        assertThat(recorded.target().query()).hasSize(AccessRecord.MAX_TEXT);
        assertThat(recorded.referer()).hasSize(AccessRecord.MAX_TEXT);
        assertThat(recorded.userAgent()).hasSize(AccessRecord.MAX_TEXT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00-" + TRACE + "-00f067aa0ba902b7-01",
                "00-" + TRACE + "-00f067aa0ba902b7-ff",
                "cc-" + TRACE + "-00f067aa0ba902b7-01",
                "cc-" + TRACE + "-00f067aa0ba902b7-01-what-the-future-brings"
            })
    void knowsTheTraceOfAValidTraceparent(String traceparent) {
        assertThat(RecordedRequest.traceId(traceparent)).isEqualTo(TRACE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00-" + TRACE,
                "00-" + TRACE + "-00f067aa0ba902b7-0",
                "00-" + TRACE + "-00f067aa0ba902b7-01-more",
                "cc-" + TRACE + "-00f067aa0ba902b7-01.more",
                "ff-" + TRACE + "-00f067aa0ba902b7-01",
                "00_" + TRACE + "_00f067aa0ba902b7_01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-" + TRACE + "-0000000000000000-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e473\n-00f067aa0ba902b7-01"
            })
    void ignoresATraceparentThatIsNot(String traceparent) {
        assertThat(RecordedRequest.traceId(traceparent)).isNull();
    }
}

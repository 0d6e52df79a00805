package io.portward.core.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CookiesTest {

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "sid=1, 1",
                "a=b; sid=1; c=d, 1",
                "a=b;sid=1, 1",
                "xsid=2; sid=1, 1",
                "sidx=2; sid=1, 1",
                "sid=1; sid=2, 1",
                "SID=2, none",
                "sid, none",
                "a=sid=1, none",
                "sid=, ''",
                "; ;=;sid=a=b, a=b",
                "none, none"
            })
    void findsTheFirstWithTheName(String field, String value) {
        HttpHeaders headers = new DefaultHttpHeaders();
        if (field != null) {
            headers.add("cookie", field);
        }
        assertThat(Cookies.find(headers, "sid")).isEqualTo(value);
    }
}

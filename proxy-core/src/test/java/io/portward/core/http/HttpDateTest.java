package io.portward.core.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class HttpDateTest {

    /** The example of RFC 9110 §5.6.7. */
    @Test
    void writesTheDayWithTwoDigits() {
        assertThat(HttpDate.format(Instant.ofEpochSecond(784_111_777))).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
    }
}

package io.portward.config.validate;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.ListenAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListenOverlapTest {

    @ParameterizedTest
    @CsvSource({
        "443, 443, true",
        "443, 444, false",
        "443, 0.0.0.0:443, true",
        "443, [::]:443, true",
        "443, 127.0.0.1:443, true",
        "0.0.0.0:443, [::]:443, false",
        "0.0.0.0:443, 127.0.0.1:443, true",
        "[::]:443, [::1]:443, true",
        "[::]:443, 127.0.0.1:443, false",
        "127.0.0.1:443, 127.0.0.2:443, false",
        "127.0.0.1:443, 127.0.0.1:443, true",
        "[::1]:443, [0:0:0:0:0:0:0:1]:443, true",
        "0, 0, false",
        "127.0.0.1:0, 127.0.0.1:0, false"
    })
    void isWhatTheKernelRefuses(String a, String b, boolean overlap) {
        assertThat(ListenOverlap.of(ListenAddress.parse(a), ListenAddress.parse(b)))
                .isEqualTo(overlap);
        assertThat(ListenOverlap.of(ListenAddress.parse(b), ListenAddress.parse(a)))
                .isEqualTo(overlap);
    }
}

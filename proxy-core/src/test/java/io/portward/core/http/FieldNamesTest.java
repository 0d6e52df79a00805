package io.portward.core.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldNamesTest {

    private static AsciiString inTheMiddle(String name) {
        byte[] line = ("xx" + name + ": value").getBytes(StandardCharsets.US_ASCII);
        return FieldNames.of(line, 2, name.length());
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Type", "content-type", "Server", "ETag", "X-Request-Id", "Via"})
    void sharesCommonNamesAsTheyAreSpelled(String name) {
        assertThat(inTheMiddle(name).toString()).isEqualTo(name);
        assertThat((Object) inTheMiddle(name)).isSameAs(inTheMiddle(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "Content-type", "CONTENT-TYPE", "Server2", "erver", "X-Something-Else", "\u0001"})
    void copiesOtherNames(String name) {
        assertThat(inTheMiddle(name).toString()).isEqualTo(name);
        assertThat(FieldNames.lowerCase(inTheMiddle(name)).toString()).isEqualTo(name.toLowerCase(Locale.ROOT));
    }

    @Test
    void keepsNothingOfTheLineItCameFrom() {
        byte[] line = "X-Mine".getBytes(StandardCharsets.US_ASCII);
        AsciiString name = FieldNames.of(line, 0, line.length);
        line[0] = 'Y';
        assertThat(name.toString()).isEqualTo("X-Mine");
    }

    @Test
    void lowersCommonNamesWithoutCopying() {
        AsciiString lower = FieldNames.lowerCase(inTheMiddle("Content-Type"));
        assertThat(lower.toString()).isEqualTo("content-type");
        assertThat((Object) FieldNames.lowerCase(inTheMiddle("content-type"))).isSameAs(lower);
        assertThat((Object) FieldNames.lowerCase(new AsciiString("xContent-Typex").subSequence(1, 13)))
                .isSameAs(lower);
    }
}

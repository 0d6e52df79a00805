package io.portward.core.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerNameTableTest {

    private static ServerNameTable.Entry<String> entry(String host, String target) {
        return new ServerNameTable.Entry<>(host, target);
    }

    @ParameterizedTest
    @CsvSource({
        "a.test, exact",
        "b.test,",
        "x.a.test, wildcard",
        "y.x.a.test,",
        "mail.b.test, before",
        "shop.b.test, wide",
        "test,",
        ".a.test,",
        "a.test.,",
        ","
    })
    void theFirstThatMatchesWins(String name, String target) {
        ServerNameTable<String> table = ServerNameTable.of(List.of(
                entry("a.test", "exact"),
                entry("*.a.test", "wildcard"),
                entry("a.test", "never"),
                entry("mail.b.test", "before"),
                entry("*.b.test", "wide"),
                entry("shop.b.test", "behind the wildcard"),
                entry("*.a.test", "never")));
        assertThat(table.find(name)).isEqualTo(target);
    }

    @Test
    void anEntryForEveryNameEndsTheList() {
        ServerNameTable<String> table =
                ServerNameTable.of(List.of(entry("a.test", "a"), entry(null, "any"), entry("b.test", "never")));
        assertThat(table.find("a.test")).isEqualTo("a");
        assertThat(table.find("b.test")).isEqualTo("any");
        assertThat(table.find(null)).isEqualTo("any");
    }

    @Test
    void withoutEntriesNothingMatches() {
        assertThat(ServerNameTable.of(List.of()).find("a.test")).isNull();
        assertThat(ServerNameTable.of(List.of()).find(null)).isNull();
    }
}

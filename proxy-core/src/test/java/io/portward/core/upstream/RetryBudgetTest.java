package io.portward.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RetryBudgetTest {

    private static int takeAll(RetryBudget budget) {
        int taken = 0;
        while (budget.take()) {
            taken++;
        }
        return taken;
    }

    private static void requests(RetryBudget budget, int count) {
        for (int i = 0; i < count; i++) {
            budget.addRequest();
        }
    }

    @Test
    void hasTenToBeginWithAndThenItsShare() {
        RetryBudget budget = new RetryBudget(20);
        assertThat(takeAll(budget)).isEqualTo(10);
        requests(budget, 4);
        assertThat(budget.take()).isFalse();
        requests(budget, 1);
        assertThat(takeAll(budget)).isEqualTo(1);
        requests(budget, 1_000_000);
        assertThat(takeAll(budget)).isEqualTo(10);
    }

    @Test
    void zeroMeansNone() {
        RetryBudget budget = new RetryBudget(0);
        requests(budget, 1000);
        assertThat(budget.take()).isFalse();
    }
}

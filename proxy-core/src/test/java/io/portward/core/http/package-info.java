@NullUnmarked
package io.portward.core.http;

import org.jspecify.annotations.NullUnmarked;

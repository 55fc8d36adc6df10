import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

// Only what is drawn; this module is loaded when the first chart is.
use([LineChart, BarChart, GridComponent, TooltipComponent, CanvasRenderer]);

export { init };

/** Where the equations come from. */

export interface SourceText {
  /** As it is named beside an equation. */
  readonly short: string;
  readonly full: string;
  readonly link?: string;
}

export const SOURCES = {
  barto1983: {
    short: "Barto, Sutton & Anderson 1983",
    full: "A. G. Barto, R. S. Sutton, C. W. Anderson. Neuronlike adaptive elements that can solve difficult learning control problems. IEEE Transactions on Systems, Man, and Cybernetics 13, 834–846.",
  },
  williams1991: {
    short: "Williams & Peng 1991",
    full: "R. J. Williams, J. Peng. Function optimization using connectionist reinforcement learning algorithms. Connection Science 3, 241–268.",
  },
  williams1992: {
    short: "Williams 1992",
    full: "R. J. Williams. Simple statistical gradient-following algorithms for connectionist reinforcement learning (REINFORCE). Machine Learning 8, 229–256.",
  },
  sutton2000: {
    short: "Sutton et al. 2000",
    full: "R. S. Sutton, D. McAllester, S. Singh, Y. Mansour. Policy gradient methods for reinforcement learning with function approximation. NeurIPS 12.",
  },
  greensmith2004: {
    short: "Greensmith et al. 2004",
    full: "E. Greensmith, P. L. Bartlett, J. Baxter. Variance reduction techniques for gradient estimates in reinforcement learning. JMLR 5, 1471–1530.",
  },
  recht2011: {
    short: "Recht et al. 2011",
    full: "B. Recht, C. Ré, S. Wright, F. Niu. Hogwild!: A lock-free approach to parallelizing stochastic gradient descent. NeurIPS 24.",
    link: "https://arxiv.org/abs/1106.5730",
  },
  tieleman2012: {
    short: "Tieleman & Hinton 2012",
    full: "T. Tieleman, G. Hinton. Lecture 6.5, RMSProp. Coursera: Neural Networks for Machine Learning.",
  },
  thomas2014: {
    short: "Thomas 2014",
    full: "P. Thomas. Bias in natural actor-critic algorithms. ICML.",
  },
  mnih2016: {
    short: "Mnih et al. 2016",
    full: "V. Mnih et al. Asynchronous methods for deep reinforcement learning (A3C). ICML.",
    link: "https://arxiv.org/abs/1602.01783",
  },
  schulman2016: {
    short: "Schulman et al. 2016",
    full: "J. Schulman, P. Moritz, S. Levine, M. Jordan, P. Abbeel. High-dimensional continuous control using generalized advantage estimation (GAE). ICLR.",
    link: "https://arxiv.org/abs/1506.02438",
  },
  babaeizadeh2017: {
    short: "Babaeizadeh et al. 2017",
    full: "M. Babaeizadeh, I. Frosio, S. Tyree, J. Clemons, J. Kautz. Reinforcement learning through asynchronous advantage actor-critic on a GPU (GA3C). ICLR.",
    link: "https://arxiv.org/abs/1611.06256",
  },
  schulman2017: {
    short: "Schulman et al. 2017",
    full: "J. Schulman, F. Wolski, P. Dhariwal, A. Radford, O. Klimov. Proximal policy optimization algorithms.",
    link: "https://arxiv.org/abs/1707.06347",
  },
  sutton2018: {
    short: "Sutton & Barto 2018",
    full: "R. S. Sutton, A. G. Barto. Reinforcement learning: An introduction. 2nd edition, MIT Press. They write the reward of step t with the index t + 1.",
    link: "http://incompleteideas.net/book/the-book-2nd.html",
  },
  pardo2018: {
    short: "Pardo et al. 2018",
    full: "F. Pardo, A. Tavakoli, V. Levdik, P. Kormushev. Time limits in reinforcement learning. ICML.",
    link: "https://arxiv.org/abs/1712.00378",
  },
  espeholt2018: {
    short: "Espeholt et al. 2018",
    full: "L. Espeholt et al. IMPALA: Scalable distributed deep-RL with importance weighted actor-learner architectures. ICML.",
    link: "https://arxiv.org/abs/1802.01561",
  },
  schulman2020: {
    short: "Schulman 2020",
    full: "J. Schulman. Approximating KL divergence. Blog.",
    link: "http://joschu.net/blog/kl-approx.html",
  },
} as const satisfies Readonly<Record<string, SourceText>>;

export type SourceKey = keyof typeof SOURCES;

/** Where each is listed on the page. */
export function sourceAnchor(key: SourceKey): string {
  return `source-${key}`;
}

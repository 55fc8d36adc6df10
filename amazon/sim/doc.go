// Package sim plays Amazon over real HTTP: the three token hosts of Login with
// Amazon, the Selling Partner API and the Ads API of three regions and the host
// of the presigned report documents, each on its own loopback listener so that
// a header sent to the wrong host is seen.
//
// It is Amazon's side written independently of the product's clients: it
// validates every request as Amazon does, answers with Amazon's error bodies,
// runs reports through their states on an injected clock and keeps a journal
// of what it was sent. What it serves comes from a World, which is generated
// from a seed, lazily, by (account, marketplace, week or day), and which can
// list the truths that were planted in it.
//
// People consent at the pages of Seller Central (SellerConsentPath at the
// Selling Partner API's address of a region) and of the Ads API (AdsConsentPath
// at the Ads API's), which a browser can click and Sim.Consent clicks for tests.
//
// A Scenario makes it hostile: see Kind for what it can do, ParseScenario for
// the form of the file and Hostile for everything at once. What a patient
// client must end up with is World's ServedSQP, SCPRows, ServedAdTerms and
// CampaignRows as of the last fetch; AcceptedReports and Repeats tell how often
// it asked for the same, BestFinish how soon it could have been done.
package sim

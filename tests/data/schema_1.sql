BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v3.2.0.a');
CREATE TABLE rtl_attempts (
	trial_id INTEGER NOT NULL, 
	attempt BIGINT NOT NULL, 
	slot TEXT NOT NULL, 
	node TEXT NOT NULL, 
	started FLOAT NOT NULL, 
	ended FLOAT, 
	outcome VARCHAR(64), 
	message TEXT NOT NULL, 
	resumed_step BIGINT, 
	PRIMARY KEY (trial_id, attempt), 
	FOREIGN KEY(trial_id) REFERENCES rtl_trials (trial_id) ON DELETE CASCADE
);
INSERT INTO "rtl_attempts" VALUES(1,1,'host-17496-6c1212ee/0','in-process',0.0446779727935791,5.7223796844482421875e-02,'paused','',NULL);
INSERT INTO "rtl_attempts" VALUES(2,1,'host-17496-6c1212ee/1','in-process',5.7731151580810546875e-02,6.1611175537109375e-02,'paused','',NULL);
INSERT INTO "rtl_attempts" VALUES(3,1,'host-17496-6c1212ee/2','in-process',6.20214939117431640625e-02,6.56244754791259765625e-02,'paused','',NULL);
INSERT INTO "rtl_attempts" VALUES(2,2,'host-17496-6c1212ee/3','in-process',6.60259723663330078125e-02,7.2003841400146484375e-02,'paused','',1);
INSERT INTO "rtl_attempts" VALUES(4,1,'host-17496-6c1212ee/4','in-process',7.23855495452880859375e-02,7.32595920562744140625e-02,'exception','Traceback (most recent call last):
  File "make_old.py", line 14, in train
    raise ValueError("diverged \u00fc \U0001f680")
ValueError: diverged ü 🚀
',NULL);
INSERT INTO "rtl_attempts" VALUES(5,1,'host-17496-6c1212ee/5','in-process',0.0739281177520752,7.66618251800537109375e-02,'pruned','',NULL);
INSERT INTO "rtl_attempts" VALUES(6,1,'host-17496-6c1212ee/6','in-process',7.7619075775146484375e-02,8.0728054046630859375e-02,'paused','',NULL);
INSERT INTO "rtl_attempts" VALUES(1,2,'host-17496-6c1212ee/7','in-process',8.10263156890869140625e-02,8.61377716064453125e-02,'paused','',1);
INSERT INTO "rtl_attempts" VALUES(7,1,'host-17496-6c1212ee/8','in-process',8.646392822265625e-02,8.93151760101318359375e-02,'paused','',NULL);
INSERT INTO "rtl_attempts" VALUES(8,1,'host-17496-6c1212ee/9','in-process',8.965778350830078125e-02,1.06718301773071289062e-01,'complete','',NULL);
INSERT INTO "rtl_attempts" VALUES(9,1,'host-17496-6c1212ee/10','in-process',1.07518911361694335937e-01,1.25229597091674804687e-01,'complete','',NULL);
INSERT INTO "rtl_attempts" VALUES(10,1,'host-17496-ce4bd815/0','in-process',1.53806924819946289062e-01,1.58440828323364257812e-01,'paused','',NULL);
INSERT INTO "rtl_attempts" VALUES(11,1,'host-17496-ce4bd815/1','in-process',1.590442657470703125e-01,1.63137197494506835937e-01,'paused','',NULL);
INSERT INTO "rtl_attempts" VALUES(12,1,'host-17496-ce4bd815/2','in-process',1.63639545440673828125e-01,1.64062976837158203125e-01,'interrupted','',NULL);
INSERT INTO "rtl_attempts" VALUES(13,1,'host-17496-03bd82eb/0','in-process',2.8335094451904296875e-02,2.89881229400634765625e-02,'complete','',NULL);
INSERT INTO "rtl_attempts" VALUES(14,1,'host-17496-03bd82eb/1','in-process',2.9853343963623046875e-02,3.02333831787109375e-02,'complete','',NULL);
INSERT INTO "rtl_attempts" VALUES(15,1,'host-17496-03bd82eb/2','in-process',3.08339595794677734375e-02,3.11529636383056640625e-02,'complete','',NULL);
INSERT INTO "rtl_attempts" VALUES(16,1,'host-17496-03bd82eb/3','in-process',3.1719684600830078125e-02,3.22520732879638671875e-02,'exception','Traceback (most recent call last):
  File "make_old.py", line 47, in cell
    raise ValueError("odd")
ValueError: odd
',NULL);
INSERT INTO "rtl_attempts" VALUES(17,1,'host-17496-03bd82eb/4','in-process',3.291988372802734375e-02,3.31981182098388671875e-02,'complete','',NULL);
INSERT INTO "rtl_attempts" VALUES(18,1,'host-17496-03bd82eb/5','in-process',3.3795833587646484375e-02,3.41160297393798828125e-02,'complete','',NULL);
INSERT INTO "rtl_attempts" VALUES(19,1,'host-17496-03bd82eb/6','in-process',3.46715450286865234375e-02,3.493499755859375e-02,'complete','',NULL);
INSERT INTO "rtl_attempts" VALUES(21,1,'host-17496-29fd23e1/0','in-process',2.18861103057861328125e-02,2.26552486419677734375e-02,'complete','',NULL);
INSERT INTO "rtl_attempts" VALUES(22,1,'host-17496-29fd23e1/1','in-process',0.0259859561920166,NULL,NULL,'',NULL);
CREATE TABLE rtl_checkpoints (
	trial_id INTEGER NOT NULL, 
	uri_sha256 VARCHAR(64) NOT NULL, 
	uri TEXT NOT NULL, 
	attempt BIGINT NOT NULL, 
	step BIGINT NOT NULL, 
	digest VARCHAR(256) NOT NULL, 
	size BIGINT NOT NULL, 
	PRIMARY KEY (trial_id, uri_sha256), 
	FOREIGN KEY(trial_id) REFERENCES rtl_trials (trial_id) ON DELETE CASCADE
);
INSERT INTO "rtl_checkpoints" VALUES(9,'4897fd2d0eddaf4a2b08b030cb0a3a9bab5d02b288f3795afab6c6d81f2601c1','trial-00008/attempt-1/step-9',1,9,'f352844d4b4e95d40968dfd1e9fbc37f7d963b68b3005e3829f13ea62586427c',11);
INSERT INTO "rtl_checkpoints" VALUES(10,'0e63886caec8a65a29e7d511440561681ffae999e5c26d474de7d8fcdcf36dbf','trial-00009/attempt-1/step-1',1,1,'f4d666cda1e82fb4b28798cb3626f628c3a79784902afedc6394b997198ff74b',11);
INSERT INTO "rtl_checkpoints" VALUES(11,'871af70c3c2d84148e4a3a334621cc3cd51d5d575bc1efdfea5f7077d5bc2795','trial-00010/attempt-1/step-1',1,1,'7b81b6440ef9acf965d398921cbb4793282126ab604ad195b0097a0668ce8363',11);
CREATE TABLE rtl_epochs (
	study_id INTEGER NOT NULL, 
	epoch BIGINT NOT NULL, 
	run TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid BIGINT NOT NULL, 
	pid_started TEXT NOT NULL, 
	lease_until FLOAT NOT NULL, 
	PRIMARY KEY (study_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_epochs" VALUES(1,3,'','process 17496 on host (run host-17496-ce4bd815)','host boot pid:[1]',17496,'1245203',0.0);
INSERT INTO "rtl_epochs" VALUES(2,2,'','process 17496 on host (run host-17496-20ca869b)','host boot pid:[1]',17496,'1245203',0.0);
INSERT INTO "rtl_epochs" VALUES(3,1,'','process 17496 on host (run host-17496-29fd23e1)','host boot pid:[1]',17496,'1245203',0.0);
CREATE TABLE rtl_events (
	study_id INTEGER NOT NULL, 
	seq BIGINT NOT NULL, 
	epoch BIGINT NOT NULL, 
	at FLOAT NOT NULL, 
	json TEXT NOT NULL, 
	PRIMARY KEY (study_id, seq), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_events" VALUES(1,1,1,2.38859653472900390625e-02,'{"_":"RunStarted","at":0.02388596534729004,"run":"host-17496-adb7106a","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 0, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null}"}');
INSERT INTO "rtl_events" VALUES(1,2,1,2.7836322784423828125e-02,'{"_":"TrialEnqueued","at":0.027836322784423828,"params":[["lr","0.1"],["depth","2"]],"user_attrs":[],"key":"4aa6b007e9a649a880bed40cbab44355"}');
INSERT INTO "rtl_events" VALUES(1,3,2,0.0437464714050293,'{"_":"RunStarted","at":0.0437464714050293,"run":"host-17496-6c1212ee","n_trials":9,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 0, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null}"}');
INSERT INTO "rtl_events" VALUES(1,4,2,0.0446779727935791,'{"_":"Claimed","at":0.0446779727935791,"slot":"host-17496-6c1212ee/0","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,5,2,4.47595119476318359375e-02,'{"_":"Suggested","at":0.044759511947631836,"number":0,"params":[]}');
INSERT INTO "rtl_events" VALUES(1,6,2,5.187129974365234375e-02,'{"_":"ParamSet","at":0.051871299743652344,"number":0,"attempt":1,"param":{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}}');
INSERT INTO "rtl_events" VALUES(1,7,2,5.58140277862548828125e-02,'{"_":"Reported","at":0.05581402778625488,"number":0,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[{"_":"ParamValue","name":"lr","value":0.1,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}}],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00000/attempt-1/step-1","digest":"8acaa7141468b64ad67012569ccae58a4172435a8f578207a787bc81d6c1d201","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,8,2,5.66203594207763671875e-02,'{"_":"Reported","at":0.05662035942077637,"number":0,"attempt":1,"progress":{"_":"Progress","reports":[[1,2.0]],"params":[],"user_attrs":[["epoch","1"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,9,2,5.7223796844482421875e-02,'{"_":"AttemptEnded","at":0.05722379684448242,"number":0,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":null},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,10,2,5.7731151580810546875e-02,'{"_":"Claimed","at":0.05773115158081055,"slot":"host-17496-6c1212ee/1","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,11,2,0.0580143928527832,'{"_":"Suggested","at":0.0580143928527832,"number":1,"params":[{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"lr","value":0.00011747698713725124,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}}]}');
INSERT INTO "rtl_events" VALUES(1,12,2,6.0550212860107421875e-02,'{"_":"Reported","at":0.06055021286010742,"number":1,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[{"_":"ParamValue","name":"lr","value":0.00011747698713725124,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00001/attempt-1/step-1","digest":"5ab8072d46722ffd073cc641b322f509bdd365dab06ab93b7f0c83c7080b83c3","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,13,2,6.11259937286376953125e-02,'{"_":"Reported","at":0.061125993728637695,"number":1,"attempt":1,"progress":{"_":"Progress","reports":[[1,1.009976518403415]],"params":[],"user_attrs":[["epoch","1"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,14,2,6.1611175537109375e-02,'{"_":"AttemptEnded","at":0.061611175537109375,"number":1,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":null},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,15,2,6.20214939117431640625e-02,'{"_":"Claimed","at":0.062021493911743164,"slot":"host-17496-6c1212ee/2","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,16,2,0.0621790885925293,'{"_":"Suggested","at":0.0621790885925293,"number":2,"params":[{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"lr","value":0.48200776770363785,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}}]}');
INSERT INTO "rtl_events" VALUES(1,17,2,6.46808147430419921875e-02,'{"_":"Reported","at":0.06468081474304199,"number":2,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[{"_":"ParamValue","name":"lr","value":0.48200776770363785,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00002/attempt-1/step-1","digest":"689299e7e901ad9ea9713f5bd7116ca40af5e4ed6b51ca750c5f8384015e8ea8","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,18,2,6.5207958221435546875e-02,'{"_":"Reported","at":0.06520795822143555,"number":2,"attempt":1,"progress":{"_":"Progress","reports":[[1,2.1459299345859164]],"params":[],"user_attrs":[["epoch","1"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,19,2,6.56244754791259765625e-02,'{"_":"AttemptEnded","at":0.06562447547912598,"number":2,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":null},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,20,2,6.60259723663330078125e-02,'{"_":"Claimed","at":0.06602597236633301,"slot":"host-17496-6c1212ee/3","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,21,2,0.068450927734375,'{"_":"Reported","at":0.068450927734375,"number":1,"attempt":2,"progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":2,"uri":"trial-00001/attempt-2/step-2","digest":"b781fa716ba2a7204996e7161bef9f04782cb15f6cf8d5f170c6114b3e65d2bf","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,22,2,7.00092315673828125e-02,'{"_":"Reported","at":0.07000923156738281,"number":1,"attempt":2,"progress":{"_":"Progress","reports":[[2,0.5099765184034151]],"params":[],"user_attrs":[["epoch","2"]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":2,"uri":"trial-00001/attempt-2/step-3","digest":"4d29d58ccc493a94d435ae069e49020fd49d1d8b41a54d5b46f77fd2a0d1c3dc","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,23,2,0.0710904598236084,'{"_":"Reported","at":0.0710904598236084,"number":1,"attempt":2,"progress":{"_":"Progress","reports":[[3,0.3433098517367484]],"params":[],"user_attrs":[["epoch","3"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,24,2,7.2003841400146484375e-02,'{"_":"AttemptEnded","at":0.07200384140014648,"number":1,"attempt":2,"outcome":"pruned","progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":null},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,25,2,7.23855495452880859375e-02,'{"_":"Claimed","at":0.07238554954528809,"slot":"host-17496-6c1212ee/4","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,26,2,7.2572231292724609375e-02,'{"_":"Suggested","at":0.07257223129272461,"number":3,"params":[{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"lr","value":0.007664055749994604,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}}]}');
INSERT INTO "rtl_events" VALUES(1,27,2,7.32595920562744140625e-02,'{"_":"AttemptEnded","at":0.07325959205627441,"number":3,"attempt":1,"outcome":"fail","progress":{"_":"Progress","reports":[],"params":[{"_":"ParamValue","name":"lr","value":0.007664055749994604,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[],"checkpoint":null},"values":null,"failure":{"_":"Failure","error":"ValueError: diverged \u00fc \ud83d\ude80","traceback":"Traceback (most recent call last):\n  File \"make_old.py\", line 14, in train\n    raise ValueError(\"diverged \\u00fc \\U0001f680\")\nValueError: diverged \u00fc \ud83d\ude80\n"}}');
INSERT INTO "rtl_events" VALUES(1,28,2,0.0739281177520752,'{"_":"Claimed","at":0.0739281177520752,"slot":"host-17496-6c1212ee/5","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,29,2,7.4061870574951171875e-02,'{"_":"Suggested","at":0.07406187057495117,"number":4,"params":[{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"lr","value":0.0005527382927615971,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}}]}');
INSERT INTO "rtl_events" VALUES(1,30,2,7.586956024169921875e-02,'{"_":"Reported","at":0.07586956024169922,"number":4,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[{"_":"ParamValue","name":"lr","value":0.0005527382927615971,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00004/attempt-1/step-1","digest":"7c4551f59c3c4a2bffb2a3a776701c675527a4672860c5a7c626c984f69881f8","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,31,2,7.63137340545654296875e-02,'{"_":"Reported","at":0.07631373405456543,"number":4,"attempt":1,"progress":{"_":"Progress","reports":[[1,Infinity]],"params":[],"user_attrs":[["epoch","1"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,32,2,7.66618251800537109375e-02,'{"_":"AttemptEnded","at":0.07666182518005371,"number":4,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":null},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,33,2,7.7619075775146484375e-02,'{"_":"Claimed","at":0.07761907577514648,"slot":"host-17496-6c1212ee/6","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,34,2,7.7752590179443359375e-02,'{"_":"Suggested","at":0.07775259017944336,"number":5,"params":[{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"lr","value":0.010330193076303255,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}}]}');
INSERT INTO "rtl_events" VALUES(1,35,2,7.98661708831787109375e-02,'{"_":"Reported","at":0.07986617088317871,"number":5,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[{"_":"ParamValue","name":"lr","value":0.010330193076303255,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00005/attempt-1/step-1","digest":"b18654df85ea3238bf09fe194b6097447144fbe6425d8db6ae4f83a46e851138","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,36,2,8.0348968505859375e-02,'{"_":"Reported","at":0.08034896850585938,"number":5,"attempt":1,"progress":{"_":"Progress","reports":[[1,3.008040674273733]],"params":[],"user_attrs":[["epoch","1"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,37,2,8.0728054046630859375e-02,'{"_":"AttemptEnded","at":0.08072805404663086,"number":5,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":null},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,38,2,8.10263156890869140625e-02,'{"_":"Claimed","at":0.08102631568908691,"slot":"host-17496-6c1212ee/7","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,39,2,8.295917510986328125e-02,'{"_":"Reported","at":0.08295917510986328,"number":0,"attempt":2,"progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":2,"uri":"trial-00000/attempt-2/step-2","digest":"98b499c82b9650b801955f20f9039c691fb4352df470dcfa810d73e8d7e2a27e","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,40,2,0.0844724178314209,'{"_":"Reported","at":0.0844724178314209,"number":0,"attempt":2,"progress":{"_":"Progress","reports":[[2,1.0]],"params":[],"user_attrs":[["epoch","2"]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":2,"uri":"trial-00000/attempt-2/step-3","digest":"5531891be259c447af1c7f5b66010592fe03a1b7fee5f696099435ff673d21fb","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,41,2,8.54055881500244140625e-02,'{"_":"Reported","at":0.08540558815002441,"number":0,"attempt":2,"progress":{"_":"Progress","reports":[[3,0.6666666666666666]],"params":[],"user_attrs":[["epoch","3"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,42,2,8.61377716064453125e-02,'{"_":"AttemptEnded","at":0.08613777160644531,"number":0,"attempt":2,"outcome":"pruned","progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":null},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,43,2,8.646392822265625e-02,'{"_":"Claimed","at":0.08646392822265625,"slot":"host-17496-6c1212ee/8","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,44,2,8.66363048553466796875e-02,'{"_":"Suggested","at":0.08663630485534668,"number":6,"params":[{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"lr","value":0.003019898532598357,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}}]}');
INSERT INTO "rtl_events" VALUES(1,45,2,8.85107517242431640625e-02,'{"_":"Reported","at":0.08851075172424316,"number":6,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[{"_":"ParamValue","name":"lr","value":0.003019898532598357,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00006/attempt-1/step-1","digest":"2050ba9e8456d20e4705d0f57dfd8ac6ca12f13f4e89ad5efe44b64366a35886","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,46,2,8.89346599578857421875e-02,'{"_":"Reported","at":0.08893465995788574,"number":6,"attempt":1,"progress":{"_":"Progress","reports":[[1,3.0094051400806276]],"params":[],"user_attrs":[["epoch","1"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,47,2,8.93151760101318359375e-02,'{"_":"AttemptEnded","at":0.08931517601013184,"number":6,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":null},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,48,2,8.965778350830078125e-02,'{"_":"Claimed","at":0.08965778350830078,"slot":"host-17496-6c1212ee/9","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,49,2,8.97843837738037109375e-02,'{"_":"Suggested","at":0.08978438377380371,"number":7,"params":[{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"lr","value":0.00025937125471121,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}}]}');
INSERT INTO "rtl_events" VALUES(1,50,2,9.1526031494140625e-02,'{"_":"Reported","at":0.09152603149414062,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[{"_":"ParamValue","name":"lr","value":0.00025937125471121,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00007/attempt-1/step-1","digest":"bf73f0703d86f0935784b0d34bf2299177003e71b91a8a07ccbf84f2c985ecd5","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,51,2,9.1990947723388671875e-02,'{"_":"Reported","at":0.09199094772338867,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[[1,1.0099481930225056]],"params":[],"user_attrs":[["epoch","1"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,52,2,0.0933990478515625,'{"_":"Reported","at":0.0933990478515625,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00007/attempt-1/step-2","digest":"3e7cdb2a9cf5dccb23e198d8d0adc106dea563d0103c1d70e808cf108ad022a3","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,53,2,9.48352813720703125e-02,'{"_":"Reported","at":0.09483528137207031,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[[2,0.5099481930225055]],"params":[],"user_attrs":[["epoch","2"]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00007/attempt-1/step-3","digest":"c68d725957d085595092fe99c73e5a2335a59a432c2a15d300fae98cde522685","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,54,2,9.5765590667724609375e-02,'{"_":"Reported","at":0.09576559066772461,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[[3,0.34328152635583886]],"params":[],"user_attrs":[["epoch","3"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,55,2,9.7514629364013671875e-02,'{"_":"Reported","at":0.09751462936401367,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":4,"attempt":1,"uri":"trial-00007/attempt-1/step-4","digest":"0bc87bd50dab9499a286f7bc80a3a2c2cce7e9eea3b4488c61d1968e54a54dba","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,56,2,9.8893642425537109375e-02,'{"_":"Reported","at":0.09889364242553711,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[[4,0.25994819302250555]],"params":[],"user_attrs":[["epoch","4"]],"checkpoint":{"_":"CheckpointRef","step":5,"attempt":1,"uri":"trial-00007/attempt-1/step-5","digest":"45ed1842604f3fcf7f5cc2ef6305442fc9b596e7195948e225bad87ab7030436","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,57,2,1.00712060928344726562e-01,'{"_":"Reported","at":0.10071206092834473,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[[5,0.20994819302250553]],"params":[],"user_attrs":[["epoch","5"]],"checkpoint":{"_":"CheckpointRef","step":6,"attempt":1,"uri":"trial-00007/attempt-1/step-6","digest":"abcf75427324c5b4f2f817e24e5d7e3c83ae51e8b612c3f5cc3234a287548005","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,58,2,1.0244083404541015625e-01,'{"_":"Reported","at":0.10244083404541016,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[[6,0.17661485968917218]],"params":[],"user_attrs":[["epoch","6"]],"checkpoint":{"_":"CheckpointRef","step":7,"attempt":1,"uri":"trial-00007/attempt-1/step-7","digest":"08be953b39be71cf6f72bacba08368698cf81c76df8f9ae7d29f6c076894c355","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,59,2,1.04221343994140625e-01,'{"_":"Reported","at":0.10422134399414062,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[[7,0.15280533587964837]],"params":[],"user_attrs":[["epoch","7"]],"checkpoint":{"_":"CheckpointRef","step":8,"attempt":1,"uri":"trial-00007/attempt-1/step-8","digest":"0d01d8c96491af422c39c8a26d755fb56722b7c6c13a3d271d7c5c7d978b3e9d","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,60,2,1.05937242507934570312e-01,'{"_":"Reported","at":0.10593724250793457,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[[8,0.13494819302250552]],"params":[],"user_attrs":[["epoch","8"]],"checkpoint":{"_":"CheckpointRef","step":9,"attempt":1,"uri":"trial-00007/attempt-1/step-9","digest":"52673096ce4376ea3465688bd655ed8c553d841b5ab2435049d99dcf700ce23f","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,61,2,1.06718301773071289062e-01,'{"_":"AttemptEnded","at":0.10671830177307129,"number":7,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[9,0.12105930413361664]],"params":[],"user_attrs":[["epoch","9"]],"checkpoint":null},"values":[0.12105930413361664],"failure":null}');
INSERT INTO "rtl_events" VALUES(1,62,2,1.07518911361694335937e-01,'{"_":"Claimed","at":0.10751891136169434,"slot":"host-17496-6c1212ee/10","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,63,2,1.07718944549560546875e-01,'{"_":"Suggested","at":0.10771894454956055,"number":8,"params":[{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"lr","value":0.008007109668025512,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}}]}');
INSERT INTO "rtl_events" VALUES(1,64,2,1.0949230194091796875e-01,'{"_":"Reported","at":0.10949230194091797,"number":8,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[{"_":"ParamValue","name":"lr","value":0.008007109668025512,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00008/attempt-1/step-1","digest":"fa86e730c1e8a655117e4f683a7cd71cfdf0a3d03d2a8dba7c37c146dfa83e1c","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,65,2,1.09908342361450195312e-01,'{"_":"Reported","at":0.1099083423614502,"number":8,"attempt":1,"progress":{"_":"Progress","reports":[[1,1.0084626918716306]],"params":[],"user_attrs":[["epoch","1"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,66,2,1.11356973648071289062e-01,'{"_":"Reported","at":0.11135697364807129,"number":8,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00008/attempt-1/step-2","digest":"6d47946213bfa571c931c073e9b67597f1eab14bd21c11dd2271be4556376cdb","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,67,2,1.12880229949951171875e-01,'{"_":"Reported","at":0.11288022994995117,"number":8,"attempt":1,"progress":{"_":"Progress","reports":[[2,0.5084626918716307]],"params":[],"user_attrs":[["epoch","2"]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00008/attempt-1/step-3","digest":"306e80cd2294ead3beceeb78ed4f104e89cd1472654e78cb391f6732d4b8e560","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,68,2,1.13646745681762695312e-01,'{"_":"Reported","at":0.1136467456817627,"number":8,"attempt":1,"progress":{"_":"Progress","reports":[[3,0.341796025204964]],"params":[],"user_attrs":[["epoch","3"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,69,2,1.15481853485107421875e-01,'{"_":"Reported","at":0.11548185348510742,"number":8,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":4,"attempt":1,"uri":"trial-00008/attempt-1/step-4","digest":"7f85bc2852be2c0889fbdf7b0314882b3f8760995e94cb18cc87bc3309aef33c","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,70,2,1.169986724853515625e-01,'{"_":"Reported","at":0.11699867248535156,"number":8,"attempt":1,"progress":{"_":"Progress","reports":[[4,0.2584626918716307]],"params":[],"user_attrs":[["epoch","4"]],"checkpoint":{"_":"CheckpointRef","step":5,"attempt":1,"uri":"trial-00008/attempt-1/step-5","digest":"2adb8dbf0d9b0391be0f2c794a24ca9fe195f9f337829413a5a272a35db3bfec","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,71,2,1.18883609771728515625e-01,'{"_":"Reported","at":0.11888360977172852,"number":8,"attempt":1,"progress":{"_":"Progress","reports":[[5,0.2084626918716307]],"params":[],"user_attrs":[["epoch","5"]],"checkpoint":{"_":"CheckpointRef","step":6,"attempt":1,"uri":"trial-00008/attempt-1/step-6","digest":"a5a5d211458fd7460a3719feffcf179b4460c50e594e075847c8796a6ae5034a","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,72,2,1.20708703994750976562e-01,'{"_":"Reported","at":0.12070870399475098,"number":8,"attempt":1,"progress":{"_":"Progress","reports":[[6,0.17512935853829734]],"params":[],"user_attrs":[["epoch","6"]],"checkpoint":{"_":"CheckpointRef","step":7,"attempt":1,"uri":"trial-00008/attempt-1/step-7","digest":"b66a5b2809f8e8a444f1b759fa28a85ad1e2017fc3ba907724b6fbf641cfbab6","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,73,2,1.22534036636352539062e-01,'{"_":"Reported","at":0.12253403663635254,"number":8,"attempt":1,"progress":{"_":"Progress","reports":[[7,0.15131983472877353]],"params":[],"user_attrs":[["epoch","7"]],"checkpoint":{"_":"CheckpointRef","step":8,"attempt":1,"uri":"trial-00008/attempt-1/step-8","digest":"adc4c765b951ce3010bbdcb4aec9ce178efa5e3c70236bc2f59bad13286e7c5b","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,74,2,1.2438201904296875e-01,'{"_":"Reported","at":0.12438201904296875,"number":8,"attempt":1,"progress":{"_":"Progress","reports":[[8,0.13346269187163068]],"params":[],"user_attrs":[["epoch","8"]],"checkpoint":{"_":"CheckpointRef","step":9,"attempt":1,"uri":"trial-00008/attempt-1/step-9","digest":"f352844d4b4e95d40968dfd1e9fbc37f7d963b68b3005e3829f13ea62586427c","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,75,2,1.25229597091674804687e-01,'{"_":"AttemptEnded","at":0.1252295970916748,"number":8,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[9,0.1195738029827418]],"params":[],"user_attrs":[["epoch","9"]],"checkpoint":null},"values":[0.1195738029827418],"failure":null}');
INSERT INTO "rtl_events" VALUES(1,76,2,1.26509904861450195312e-01,'{"_":"RunFinished","at":0.1265099048614502,"run":"host-17496-6c1212ee"}');
INSERT INTO "rtl_events" VALUES(1,77,3,1.51987314224243164062e-01,'{"_":"RunStarted","at":0.15198731422424316,"run":"host-17496-ce4bd815","n_trials":6,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 0, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null}"}');
INSERT INTO "rtl_events" VALUES(1,78,3,1.53806924819946289062e-01,'{"_":"Claimed","at":0.1538069248199463,"slot":"host-17496-ce4bd815/0","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,79,3,1.54257535934448242187e-01,'{"_":"Suggested","at":0.15425753593444824,"number":9,"params":[{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"lr","value":0.002840227706756487,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}}]}');
INSERT INTO "rtl_events" VALUES(1,80,3,1.56967639923095703125e-01,'{"_":"Reported","at":0.1569676399230957,"number":9,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[{"_":"ParamValue","name":"lr","value":0.002840227706756487,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00009/attempt-1/step-1","digest":"f4d666cda1e82fb4b28798cb3626f628c3a79784902afedc6394b997198ff74b","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,81,3,1.57588720321655273437e-01,'{"_":"Reported","at":0.15758872032165527,"number":9,"attempt":1,"progress":{"_":"Progress","reports":[[1,3.009440021352075]],"params":[],"user_attrs":[["epoch","1"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,82,3,1.58440828323364257812e-01,'{"_":"AttemptEnded","at":0.15844082832336426,"number":9,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":null},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,83,3,1.590442657470703125e-01,'{"_":"Claimed","at":0.1590442657470703,"slot":"host-17496-ce4bd815/1","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,84,3,1.5929412841796875e-01,'{"_":"Suggested","at":0.15929412841796875,"number":10,"params":[{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"lr","value":0.11915494171761642,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}}]}');
INSERT INTO "rtl_events" VALUES(1,85,3,1.61808252334594726562e-01,'{"_":"Reported","at":0.16180825233459473,"number":10,"attempt":1,"progress":{"_":"Progress","reports":[],"params":[{"_":"ParamValue","name":"lr","value":0.11915494171761642,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00010/attempt-1/step-1","digest":"7b81b6440ef9acf965d398921cbb4793282126ab604ad195b0097a0668ce8363","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,86,3,1.62574529647827148437e-01,'{"_":"Reported","at":0.16257452964782715,"number":10,"attempt":1,"progress":{"_":"Progress","reports":[[1,3.0003669117922054]],"params":[],"user_attrs":[["epoch","1"]],"checkpoint":null}}');
INSERT INTO "rtl_events" VALUES(1,87,3,1.63137197494506835937e-01,'{"_":"AttemptEnded","at":0.16313719749450684,"number":10,"attempt":1,"outcome":"pruned","progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":null},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,88,3,1.63639545440673828125e-01,'{"_":"Claimed","at":0.16363954544067383,"slot":"host-17496-ce4bd815/2","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(1,89,3,1.638317108154296875e-01,'{"_":"Suggested","at":0.1638317108154297,"number":11,"params":[{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"lr","value":0.2014370729386812,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}}]}');
INSERT INTO "rtl_events" VALUES(1,90,3,1.64062976837158203125e-01,'{"_":"AttemptEnded","at":0.1640629768371582,"number":11,"attempt":1,"outcome":"interrupted","progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":null},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(2,1,1,2.72595882415771484375e-02,'{"_":"RunStarted","at":0.02725958824157715,"run":"host-17496-03bd82eb","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"GridSampler\", \"search_space\": {\"x\": [1, 2, 3], \"y\": [\"p\", \"q\"]}, \"seed\": 1, \"max_failures\": 4}","retries":"{\"exception\": 0, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null}"}');
INSERT INTO "rtl_events" VALUES(2,2,1,2.8335094451904296875e-02,'{"_":"Claimed","at":0.028335094451904297,"slot":"host-17496-03bd82eb/0","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(2,3,1,2.89881229400634765625e-02,'{"_":"AttemptEnded","at":0.028988122940063477,"number":0,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[1,NaN]],"params":[{"_":"ParamValue","name":"x","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,2,3]}}},{"_":"ParamValue","name":"y","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["p","q"]}}}],"user_attrs":[],"checkpoint":null},"values":[2.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(2,4,1,2.9853343963623046875e-02,'{"_":"Claimed","at":0.029853343963623047,"slot":"host-17496-03bd82eb/1","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(2,5,1,3.02333831787109375e-02,'{"_":"AttemptEnded","at":0.030233383178710938,"number":1,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[1,NaN]],"params":[{"_":"ParamValue","name":"x","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,2,3]}}},{"_":"ParamValue","name":"y","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["p","q"]}}}],"user_attrs":[],"checkpoint":null},"values":[3.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(2,6,1,3.08339595794677734375e-02,'{"_":"Claimed","at":0.030833959579467773,"slot":"host-17496-03bd82eb/2","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(2,7,1,3.11529636383056640625e-02,'{"_":"AttemptEnded","at":0.031152963638305664,"number":2,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[1,NaN]],"params":[{"_":"ParamValue","name":"x","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,2,3]}}},{"_":"ParamValue","name":"y","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["p","q"]}}}],"user_attrs":[],"checkpoint":null},"values":[-1.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(2,8,1,3.1719684600830078125e-02,'{"_":"Claimed","at":0.03171968460083008,"slot":"host-17496-03bd82eb/3","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(2,9,1,3.22520732879638671875e-02,'{"_":"AttemptEnded","at":0.03225207328796387,"number":3,"attempt":1,"outcome":"fail","progress":{"_":"Progress","reports":[],"params":[{"_":"ParamValue","name":"x","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,2,3]}}},{"_":"ParamValue","name":"y","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["p","q"]}}}],"user_attrs":[],"checkpoint":null},"values":null,"failure":{"_":"Failure","error":"ValueError: odd","traceback":"Traceback (most recent call last):\n  File \"make_old.py\", line 47, in cell\n    raise ValueError(\"odd\")\nValueError: odd\n"}}');
INSERT INTO "rtl_events" VALUES(2,10,1,3.291988372802734375e-02,'{"_":"Claimed","at":0.032919883728027344,"slot":"host-17496-03bd82eb/4","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(2,11,1,3.31981182098388671875e-02,'{"_":"AttemptEnded","at":0.03319811820983887,"number":4,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[1,NaN]],"params":[{"_":"ParamValue","name":"x","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,2,3]}}},{"_":"ParamValue","name":"y","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["p","q"]}}}],"user_attrs":[],"checkpoint":null},"values":[-2.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(2,12,1,3.3795833587646484375e-02,'{"_":"Claimed","at":0.033795833587646484,"slot":"host-17496-03bd82eb/5","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(2,13,1,3.41160297393798828125e-02,'{"_":"AttemptEnded","at":0.03411602973937988,"number":5,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[1,NaN]],"params":[{"_":"ParamValue","name":"x","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,2,3]}}},{"_":"ParamValue","name":"y","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["p","q"]}}}],"user_attrs":[],"checkpoint":null},"values":[-3.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(2,14,1,3.46715450286865234375e-02,'{"_":"Claimed","at":0.03467154502868652,"slot":"host-17496-03bd82eb/6","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(2,15,1,3.493499755859375e-02,'{"_":"AttemptEnded","at":0.03493499755859375,"number":6,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[1,NaN]],"params":[{"_":"ParamValue","name":"x","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,2,3]}}},{"_":"ParamValue","name":"y","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["p","q"]}}}],"user_attrs":[],"checkpoint":null},"values":[1.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(2,16,2,5.558872222900390625e-02,'{"_":"RunStarted","at":0.055588722229003906,"run":"host-17496-20ca869b","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"GridSampler\", \"search_space\": {\"x\": [1, 2, 3], \"y\": [\"p\", \"q\"]}, \"seed\": 1, \"max_failures\": 4}","retries":"{\"exception\": 0, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null}"}');
INSERT INTO "rtl_events" VALUES(2,17,2,5.64005374908447265625e-02,'{"_":"TrialAdded","at":0.05640053749084473,"number":null,"state":1,"values":[1.5],"params":[{"_":"ParamValue","name":"x","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,2,3]}}},{"_":"ParamValue","name":"y","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["p","q"]}}}],"reports":[],"user_attrs":[],"system_attrs":[],"imported":false,"key":"95ac2942a373466686ee8d5d7bfc3e79"}');
INSERT INTO "rtl_events" VALUES(3,1,1,2.11048126220703125e-02,'{"_":"RunStarted","at":0.021104812622070312,"run":"host-17496-29fd23e1","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 4899532015693846730}","retries":"{\"exception\": 0, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null}"}');
INSERT INTO "rtl_events" VALUES(3,2,1,2.18861103057861328125e-02,'{"_":"Claimed","at":0.021886110305786133,"slot":"host-17496-29fd23e1/0","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(3,3,1,2.1945476531982421875e-02,'{"_":"Suggested","at":0.021945476531982422,"number":0,"params":[]}');
INSERT INTO "rtl_events" VALUES(3,4,1,2.24339962005615234375e-02,'{"_":"ParamSet","at":0.022433996200561523,"number":0,"attempt":1,"param":{"_":"ParamValue","name":"x","value":0.9573647699676192,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}}');
INSERT INTO "rtl_events" VALUES(3,5,1,2.26552486419677734375e-02,'{"_":"AttemptEnded","at":0.022655248641967773,"number":0,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[],"params":[],"user_attrs":[],"checkpoint":null},"values":[1.0,-Infinity],"failure":null}');
INSERT INTO "rtl_events" VALUES(3,6,1,0.0259859561920166,'{"_":"Claimed","at":0.0259859561920166,"slot":"host-17496-29fd23e1/1","node":"in-process"}');
INSERT INTO "rtl_events" VALUES(3,7,1,2.611827850341796875e-02,'{"_":"Suggested","at":0.02611827850341797,"number":1,"params":[{"_":"ParamValue","name":"x","value":0.10787395232148533,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}');
CREATE TABLE rtl_grid_cells (
	study_id INTEGER NOT NULL, 
	cell BIGINT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	number BIGINT NOT NULL, 
	failures BIGINT NOT NULL, 
	PRIMARY KEY (study_id, cell), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_grid_cells" VALUES(2,2,'done',0,0);
INSERT INTO "rtl_grid_cells" VALUES(2,4,'done',1,0);
INSERT INTO "rtl_grid_cells" VALUES(2,1,'done',2,0);
INSERT INTO "rtl_grid_cells" VALUES(2,3,'done',4,1);
INSERT INTO "rtl_grid_cells" VALUES(2,5,'done',5,0);
INSERT INTO "rtl_grid_cells" VALUES(2,0,'done',6,0);
CREATE TABLE rtl_rungs (
	trial_id INTEGER NOT NULL, 
	level BIGINT NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(8) NOT NULL, 
	how VARCHAR(16) NOT NULL, 
	promoted BOOLEAN NOT NULL, 
	PRIMARY KEY (trial_id, level), 
	FOREIGN KEY(trial_id) REFERENCES rtl_trials (trial_id) ON DELETE CASCADE
);
INSERT INTO "rtl_rungs" VALUES(1,1,2.0,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(2,1,1.0099765184034150689e+00,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(3,1,2.14592993458591640987e+00,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(2,3,3.43309851736748383732e-01,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(4,1,NULL,'INF_POS','failed',0);
INSERT INTO "rtl_rungs" VALUES(5,1,NULL,'INF_POS','exact',0);
INSERT INTO "rtl_rungs" VALUES(6,1,3.00804067427373311716e+00,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(1,3,6.66666666666666629659e-01,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(7,1,3.00940514008062764972e+00,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(8,1,1.00994819302250560255e+00,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(8,3,3.43281526355838861874e-01,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(9,1,1.00846269187163062319e+00,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(9,3,0.341796025204964,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(10,1,3.0094400213520748899e+00,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(11,1,3.00036691179220538217e+00,'FINITE','exact',0);
CREATE TABLE rtl_studies (
	study_id INTEGER NOT NULL, 
	created FLOAT NOT NULL, 
	specs TEXT NOT NULL, 
	PRIMARY KEY (study_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_studies" VALUES(1,1.79522845831498050689e+09,'{}');
INSERT INTO "rtl_studies" VALUES(2,1.79522845849401807786e+09,'{}');
INSERT INTO "rtl_studies" VALUES(3,1.79522845856000041967e+09,'{}');
CREATE TABLE rtl_trials (
	trial_id INTEGER NOT NULL, 
	study_id INTEGER NOT NULL, 
	number BIGINT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempt BIGINT NOT NULL, 
	cell BIGINT, 
	PRIMARY KEY (trial_id), 
	UNIQUE (study_id, number), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id) ON DELETE CASCADE, 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_trials" VALUES(1,1,0,'PRUNED',2,NULL);
INSERT INTO "rtl_trials" VALUES(2,1,1,'PRUNED',2,NULL);
INSERT INTO "rtl_trials" VALUES(3,1,2,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(4,1,3,'FAIL',1,NULL);
INSERT INTO "rtl_trials" VALUES(5,1,4,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(6,1,5,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(7,1,6,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(8,1,7,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(9,1,8,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(10,1,9,'PAUSED',1,NULL);
INSERT INTO "rtl_trials" VALUES(11,1,10,'PAUSED',1,NULL);
INSERT INTO "rtl_trials" VALUES(12,1,11,'WAITING',1,NULL);
INSERT INTO "rtl_trials" VALUES(13,2,0,'COMPLETE',1,2);
INSERT INTO "rtl_trials" VALUES(14,2,1,'COMPLETE',1,4);
INSERT INTO "rtl_trials" VALUES(15,2,2,'COMPLETE',1,1);
INSERT INTO "rtl_trials" VALUES(16,2,3,'FAIL',1,3);
INSERT INTO "rtl_trials" VALUES(17,2,4,'COMPLETE',1,3);
INSERT INTO "rtl_trials" VALUES(18,2,5,'COMPLETE',1,5);
INSERT INTO "rtl_trials" VALUES(19,2,6,'COMPLETE',1,0);
INSERT INTO "rtl_trials" VALUES(20,2,7,'COMPLETE',0,NULL);
INSERT INTO "rtl_trials" VALUES(21,3,0,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(22,3,1,'RUNNING',1,NULL);
CREATE TABLE rtl_version (
	id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	CHECK (id=1)
);
INSERT INTO "rtl_version" VALUES(1,1);
CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'train');
INSERT INTO "studies" VALUES(2,'grid');
INSERT INTO "studies" VALUES(3,'two objectives');
CREATE TABLE study_directions (
	study_direction_id INTEGER NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	study_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	PRIMARY KEY (study_direction_id), 
	UNIQUE (study_id, objective), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_directions" VALUES(1,'MINIMIZE',1,0);
INSERT INTO "study_directions" VALUES(2,'MAXIMIZE',2,0);
INSERT INTO "study_directions" VALUES(3,'MINIMIZE',3,0);
INSERT INTO "study_directions" VALUES(4,'MAXIMIZE',3,1);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_user_attributes" VALUES(1,2,'note','{"by": "Zo\u00eb"}');
CREATE TABLE trial_heartbeats (
	trial_heartbeat_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY (trial_heartbeat_id), 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_intermediate_values" VALUES(1,1,1,2.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,2,1,1.0099765184034150689e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(3,3,1,2.14592993458591640987e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(4,2,2,5.09976518403415068902e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(5,2,3,3.43309851736748383732e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(6,5,1,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(7,6,1,3.00804067427373311716e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(8,1,2,1.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(9,1,3,6.66666666666666629659e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(10,7,1,3.00940514008062764972e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(11,8,1,1.00994819302250560255e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(12,8,2,5.09948193022505491533e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(13,8,3,3.43281526355838861874e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(14,8,4,2.59948193022505547045e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(15,8,5,2.09948193022505530391e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(16,8,6,1.76614859689172176704e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(17,8,7,1.52805335879648368502e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(18,8,8,1.34948193022505519289e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(19,8,9,1.2105930413361663811e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(20,9,1,1.00846269187163062319e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(21,9,2,5.08462691871630734219e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(22,9,3,0.341796025204964,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(23,9,4,2.58462691871630678708e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(24,9,5,2.0846269187163068981e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(25,9,6,1.75129358538297336123e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(26,9,7,1.5131983472877352792e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(27,9,8,1.33462691871630678708e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(28,9,9,1.19573802982741797529e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(29,10,1,3.0094400213520748899e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(30,11,1,3.00036691179220538217e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(31,13,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(32,14,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(33,15,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(34,17,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(35,18,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(36,19,1,NULL,'NAN');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,1,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(2,1,'lr',0.1,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(3,1,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(4,2,'lr',1.174769871372512381e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(5,2,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(6,2,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(7,3,'lr',4.82007767703637846068e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(8,3,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(9,3,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(10,4,'lr',7.66405574999460409424e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(11,4,'depth',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(12,4,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(13,5,'lr',5.52738292761597075318e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(14,5,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(15,5,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(16,6,'lr',1.0330193076303255048e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(17,6,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(18,6,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(19,7,'lr',3.01989853259835693694e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(20,7,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(21,7,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(22,8,'lr',0.00025937125471121,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(23,8,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(24,8,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(25,9,'lr',8.00710966802551174503e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(26,9,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(27,9,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(28,10,'lr',2.84022770675648695767e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(29,10,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(30,10,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(31,11,'lr',1.19154941717616424945e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(32,11,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(33,11,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(34,13,'x',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, 2, 3]}}');
INSERT INTO "trial_params" VALUES(35,13,'y',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["p", "q"]}}');
INSERT INTO "trial_params" VALUES(36,14,'x',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, 2, 3]}}');
INSERT INTO "trial_params" VALUES(37,14,'y',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["p", "q"]}}');
INSERT INTO "trial_params" VALUES(38,15,'x',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, 2, 3]}}');
INSERT INTO "trial_params" VALUES(39,15,'y',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["p", "q"]}}');
INSERT INTO "trial_params" VALUES(40,16,'x',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, 2, 3]}}');
INSERT INTO "trial_params" VALUES(41,16,'y',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["p", "q"]}}');
INSERT INTO "trial_params" VALUES(42,17,'x',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, 2, 3]}}');
INSERT INTO "trial_params" VALUES(43,17,'y',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["p", "q"]}}');
INSERT INTO "trial_params" VALUES(44,18,'x',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, 2, 3]}}');
INSERT INTO "trial_params" VALUES(45,18,'y',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["p", "q"]}}');
INSERT INTO "trial_params" VALUES(46,19,'x',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, 2, 3]}}');
INSERT INTO "trial_params" VALUES(47,19,'y',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["p", "q"]}}');
INSERT INTO "trial_params" VALUES(48,20,'x',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, 2, 3]}}');
INSERT INTO "trial_params" VALUES(49,20,'y',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["p", "q"]}}');
INSERT INTO "trial_params" VALUES(50,21,'x',9.57364769967619211321e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,1,'fixed_params','{"lr": 0.1, "depth": 2}');
INSERT INTO "trial_system_attributes" VALUES(2,4,'rtl:failure','{"error": "ValueError: diverged \u00fc \ud83d\ude80", "traceback": "Traceback (most recent call last):\n  File \"make_old.py\", line 14, in train\n    raise ValueError(\"diverged \\u00fc \\U0001f680\")\nValueError: diverged \u00fc \ud83d\ude80\n"}');
INSERT INTO "trial_system_attributes" VALUES(3,16,'rtl:failure','{"error": "ValueError: odd", "traceback": "Traceback (most recent call last):\n  File \"make_old.py\", line 47, in cell\n    raise ValueError(\"odd\")\nValueError: odd\n"}');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_user_attributes" VALUES(1,1,'epoch','3');
INSERT INTO "trial_user_attributes" VALUES(2,2,'epoch','3');
INSERT INTO "trial_user_attributes" VALUES(3,3,'epoch','1');
INSERT INTO "trial_user_attributes" VALUES(4,5,'epoch','1');
INSERT INTO "trial_user_attributes" VALUES(5,6,'epoch','1');
INSERT INTO "trial_user_attributes" VALUES(6,7,'epoch','1');
INSERT INTO "trial_user_attributes" VALUES(7,8,'epoch','9');
INSERT INTO "trial_user_attributes" VALUES(8,9,'epoch','9');
INSERT INTO "trial_user_attributes" VALUES(9,10,'epoch','1');
INSERT INTO "trial_user_attributes" VALUES(10,11,'epoch','1');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,5,0,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(2,8,0,1.2105930413361663811e-01,'FINITE');
INSERT INTO "trial_values" VALUES(3,9,0,1.19573802982741797529e-01,'FINITE');
INSERT INTO "trial_values" VALUES(4,1,0,6.66666666666666629659e-01,'FINITE');
INSERT INTO "trial_values" VALUES(5,2,0,3.43309851736748383732e-01,'FINITE');
INSERT INTO "trial_values" VALUES(6,3,0,2.14592993458591640987e+00,'FINITE');
INSERT INTO "trial_values" VALUES(7,6,0,3.00804067427373311716e+00,'FINITE');
INSERT INTO "trial_values" VALUES(8,7,0,3.00940514008062764972e+00,'FINITE');
INSERT INTO "trial_values" VALUES(9,13,0,2.0,'FINITE');
INSERT INTO "trial_values" VALUES(10,14,0,3.0,'FINITE');
INSERT INTO "trial_values" VALUES(11,15,0,-1.0,'FINITE');
INSERT INTO "trial_values" VALUES(12,17,0,-2.0,'FINITE');
INSERT INTO "trial_values" VALUES(13,18,0,-3.0,'FINITE');
INSERT INTO "trial_values" VALUES(14,19,0,1.0,'FINITE');
INSERT INTO "trial_values" VALUES(15,20,0,1.5,'FINITE');
INSERT INTO "trial_values" VALUES(16,21,0,1.0,'FINITE');
INSERT INTO "trial_values" VALUES(17,21,1,NULL,'INF_NEG');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'PRUNED','2026-11-21 02:34:18.359658','2026-11-21 02:34:18.441490');
INSERT INTO "trials" VALUES(2,1,1,'PRUNED','2026-11-21 02:34:18.372712','2026-11-21 02:34:18.441490');
INSERT INTO "trials" VALUES(3,2,1,'PRUNED','2026-11-21 02:34:18.377002','2026-11-21 02:34:18.441490');
INSERT INTO "trials" VALUES(4,3,1,'FAIL','2026-11-21 02:34:18.387366','2026-11-21 02:34:18.388240');
INSERT INTO "trials" VALUES(5,4,1,'PRUNED','2026-11-21 02:34:18.388909','2026-11-21 02:34:18.391642');
INSERT INTO "trials" VALUES(6,5,1,'PRUNED','2026-11-21 02:34:18.392600','2026-11-21 02:34:18.441490');
INSERT INTO "trials" VALUES(7,6,1,'PRUNED','2026-11-21 02:34:18.401444','2026-11-21 02:34:18.441490');
INSERT INTO "trials" VALUES(8,7,1,'COMPLETE','2026-11-21 02:34:18.404638','2026-11-21 02:34:18.421699');
INSERT INTO "trials" VALUES(9,8,1,'COMPLETE','2026-11-21 02:34:18.422499','2026-11-21 02:34:18.440210');
INSERT INTO "trials" VALUES(10,9,1,'RUNNING','2026-11-21 02:34:18.468787',NULL);
INSERT INTO "trials" VALUES(11,10,1,'RUNNING','2026-11-21 02:34:18.474025',NULL);
INSERT INTO "trials" VALUES(12,11,1,'RUNNING','2026-11-21 02:34:18.478620',NULL);
INSERT INTO "trials" VALUES(13,0,2,'COMPLETE','2026-11-21 02:34:18.522353','2026-11-21 02:34:18.523006');
INSERT INTO "trials" VALUES(14,1,2,'COMPLETE','2026-11-21 02:34:18.523871','2026-11-21 02:34:18.524251');
INSERT INTO "trials" VALUES(15,2,2,'COMPLETE','2026-11-21 02:34:18.524852','2026-11-21 02:34:18.525171');
INSERT INTO "trials" VALUES(16,3,2,'FAIL','2026-11-21 02:34:18.525738','2026-11-21 02:34:18.526270');
INSERT INTO "trials" VALUES(17,4,2,'COMPLETE','2026-11-21 02:34:18.526938','2026-11-21 02:34:18.527216');
INSERT INTO "trials" VALUES(18,5,2,'COMPLETE','2026-11-21 02:34:18.527814','2026-11-21 02:34:18.528134');
INSERT INTO "trials" VALUES(19,6,2,'COMPLETE','2026-11-21 02:34:18.528690','2026-11-21 02:34:18.528953');
INSERT INTO "trials" VALUES(20,7,2,'COMPLETE','2026-11-21 02:34:18.550419','2026-11-21 02:34:18.550419');
INSERT INTO "trials" VALUES(21,0,3,'COMPLETE','2026-11-21 02:34:18.581887','2026-11-21 02:34:18.582656');
INSERT INTO "trials" VALUES(22,1,3,'RUNNING','2026-11-21 02:34:18.585986',NULL);
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'5.0.0');
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE INDEX ix_trials_study_id ON trials (study_id);
CREATE TRIGGER rtl_studies_deleted AFTER DELETE ON studies BEGIN DELETE FROM rtl_grid_cells WHERE study_id = OLD.study_id; DELETE FROM rtl_events WHERE study_id = OLD.study_id; DELETE FROM rtl_epochs WHERE study_id = OLD.study_id; DELETE FROM rtl_studies WHERE study_id = OLD.study_id; END;
CREATE TRIGGER rtl_trials_deleted AFTER DELETE ON trials BEGIN DELETE FROM rtl_rungs WHERE trial_id = OLD.trial_id; DELETE FROM rtl_checkpoints WHERE trial_id = OLD.trial_id; DELETE FROM rtl_attempts WHERE trial_id = OLD.trial_id; DELETE FROM rtl_trials WHERE trial_id = OLD.trial_id; END;
COMMIT;

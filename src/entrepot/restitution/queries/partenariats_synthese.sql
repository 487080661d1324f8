select
    dim_trimestre.campagne,
    dim_trimestre.libelle,
    synthese.partenaires_associes_moyenne,
    synthese.partenaires_associes_max,
    synthese.nb_repondants,
    synthese.nb_attendus
from marts.dim_trimestre
left join marts.bilan_partenariats_synthese as synthese using (campagne)
where dim_trimestre.trimestre <= %(trimestre)s and dim_trimestre.campagne is not null
order by dim_trimestre.campagne
